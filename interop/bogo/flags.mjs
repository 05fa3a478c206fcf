/**
 * The flags of BoringSSL's shim, as far as they mean something to foxtls: read into one record for each connection of a test.
 *
 * `-on-initial-`, `-on-resume-` and `-on-retry-` in front of a flag restrict it to the first connection, those after it, and the second
 * attempt after refused early data. Flags of a credential belong to the one that `-new-…-credential` began, to the default one before that.
 */

/** @typedef {{ type: string, [flag: string]: any }} CredentialFlags */
/** @typedef {{ [flag: string]: any, credentials: CredentialFlags[], default: CredentialFlags }} Flags */

const BOOL = ['ipv6', 'server', 'async', 'fallback-scsv', 'grease', 'no-tls1', 'no-tls11', 'no-tls12', 'no-tls13', 'no-ticket'];
BOOL.push('shim-writes-first', 'shim-shuts-down', 'check-close-notify', 'verify-peer', 'verify-fail', 'expect-verify-result');
BOOL.push('require-any-client-certificate', 'use-custom-verify-callback', 'expect-no-peer-cert', 'reverify-on-resume');
BOOL.push('expect-session-miss', 'expect-no-session', 'expect-session-id', 'expect-no-session-id', 'expect-ticket-renewal');
BOOL.push('use-ticket-callback', 'use-ticket-aead-callback', 'renew-ticket', 'skip-ticket');
BOOL.push('decline-alpn', 'reject-alpn', 'select-empty-alpn', 'expect-no-server-name');
BOOL.push('expect-extended-master-secret', 'expect-secure-renegotiation', 'expect-no-secure-renegotiation');
BOOL.push('use-early-callback', 'fail-early-callback', 'use-old-client-cert-callback', 'fail-cert-callback', 'server-preference');
BOOL.push('install-ddos-callback', 'fail-ddos-callback', 'enable-ocsp-stapling', 'enable-signed-cert-timestamps');
BOOL.push('use-ocsp-callback', 'set-ocsp-in-callback', 'decline-ocsp-callback', 'fail-ocsp-callback');
BOOL.push(
  'renegotiate-once',
  'renegotiate-freely',
  'renegotiate-ignore',
  'renegotiate-explicit',
  'forbid-renegotiation-after-handshake',
);
BOOL.push(
  'key-update',
  'key-update-before-read',
  'expect-hrr',
  'expect-no-hrr',
  'use-export-context',
  'use-exporter-between-reads',
);
BOOL.push(
  'tls-unique',
  'send-alert',
  'enable-grease',
  'permute-extensions',
  'write-different-record-sizes',
  'read-with-unfinished-write',
);
BOOL.push('no-key-shares', 'no-server-name-ack', 'handshake-never-done', 'expect-no-offer-early-data');
BOOL.push('dtls');
// foxtls always insists on secure renegotiation.
BOOL.push('no-legacy-server-connect');
// Ways of calling BoringSSL which come to the same with an API that has one way: bytes in, bytes out.
BOOL.push('implicit-handshake', 'handshake-twice', 'no-op-extra-handshake', 'partial-write', 'peek-then-read');

const INT = [
  'port',
  'resume-count',
  'min-version',
  'max-version',
  'expect-version',
  'export-keying-material',
  'max-send-fragment',
];
INT.push('expect-peer-signature-algorithm', 'expect-curve-id', 'expect-cipher', 'expect-cipher-aes', 'expect-cipher-no-aes');
INT.push(
  'expect-total-renegotiations',
  'resumption-delay',
  'expect-ticket-age-skew',
  'expect-selected-credential',
  'max-cert-list',
);
INT.push('mtu', 'initial-timeout-duration-ms', 'private-key-delay-ms');
INT.push('expect-peer-certificate-type', 'repeat-shim-initial-write', 'read-size');

const INTS = [
  'verify-prefs',
  'expect-peer-verify-pref',
  'curves',
  'key-shares',
  'accepted-peer-cert-types',
  'available-client-cert-types',
];

const STRING = [
  'shim-id',
  'cipher',
  'host-name',
  'expect-server-name',
  'advertise-alpn',
  'expect-alpn',
  'expect-advertised-alpn',
];
STRING.push('select-alpn', 'psk', 'psk-identity', 'trust-cert', 'export-label', 'export-context', 'shim-initial-write');
STRING.push('expect-peer-cert-file', 'use-client-ca-list', 'expect-client-ca-list', 'expect-msg-callback', 'srtp-profiles');

const BASE64 = [
  'expect-ocsp-response',
  'expect-signed-cert-timestamps',
  'ticket-key',
  'expect-certificate-types',
  'expect-peer-rpk-sha256',
];

const CREDENTIAL_STRING = ['cert-file', 'key-file'];
const CREDENTIAL_BASE64 = [
  'ocsp-response',
  'signed-cert-timestamps',
  'psk-importer-key',
  'psk-importer-identity',
  'psk-importer-context',
];
const CREDENTIAL_BOOL = ['must-match-issuer', 'psk-importer-sha256', 'psk-importer-sha384'];
const NEW_CREDENTIALS = { 'new-x509-credential': 'x509', 'new-rpk-credential': 'raw-public-key', 'new-psk-credential': 'psk' };

/** @type {Map<string, { hasValue: boolean, set: (flags: Flags, name: string, value: string) => void }>} */
const FLAGS = new Map();

/** @param {string[]} names @param {(flags: Flags, name: string, value: string) => void} set */
function define(names, set, hasValue = true) {
  for (const name of names) FLAGS.set(name, { hasValue, set });
}

/** @param {string} value */
const bytes = (value) => Uint8Array.from(Buffer.from(value, 'base64'));
/** @param {Flags} flags */
const credentialOf = (flags) => flags.credentials.at(-1) ?? flags.default;

define(BOOL, (flags, name) => (flags[name] = true), false);
define(INT, (flags, name, value) => (flags[name] = Number(value)));
define(STRING, (flags, name, value) => (flags[name] = value));
define(BASE64, (flags, name, value) => (flags[name] = bytes(value)));
define(INTS, (flags, name, value) => (flags[name] = [...(flags[name] ?? []), Number(value)]));
define(['signing-prefs'], (flags, name, value) =>
  (credentialOf(flags)[name] = [...(credentialOf(flags)[name] ?? []), Number(value)]));
define(CREDENTIAL_STRING, (flags, name, value) => (credentialOf(flags)[name] = value));
define(CREDENTIAL_BASE64, (flags, name, value) => (credentialOf(flags)[name] = bytes(value)));
define(CREDENTIAL_BOOL, (flags, name) => (credentialOf(flags)[name] = true), false);
define(
  Object.keys(NEW_CREDENTIALS),
  (flags, name) => flags.credentials.push({ type: NEW_CREDENTIALS[/** @type {keyof typeof NEW_CREDENTIALS} */ (name)] }),
  false,
);

/** A flag that the shim does not have, or a wish that foxtls cannot be asked for: the test counts as not implemented. */
export class Unimplemented extends Error {}

/**
 * The record of each connection, in order.
 *
 * @param {readonly string[]} args
 * @returns {Flags[]}
 */
export function parseFlags(args) {
  /** @type {() => Flags} */
  const empty = () => ({ credentials: [], default: { type: 'x509' } });
  const [initial, resume] = [empty(), empty()];
  const targets = { 'on-initial-': [initial], 'on-resume-': [resume], 'on-retry-': [] };
  for (let index = 0; index < args.length; index++) {
    let name = (args[index] ?? '').replace(/^--?/, '').replace(/^on-shim-/, '');
    if (name.startsWith('on-handshaker-')) throw new Unimplemented(name);
    const prefix = /** @type {keyof typeof targets | undefined} */ (Object.keys(targets).find((start) => name.startsWith(start)));
    if (prefix !== undefined) name = name.slice(prefix.length);
    const flag = FLAGS.get(name);
    if (flag === undefined) throw new Unimplemented(`-${name}`);
    const value = flag.hasValue ? (args[++index] ?? '') : '';
    for (const flags of prefix === undefined ? [initial, resume] : targets[prefix]) flag.set(flags, name, value);
  }
  return [initial, ...Array.from({ length: initial['resume-count'] ?? 0 }, () => resume)];
}
