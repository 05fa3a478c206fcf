/**
 * What the flags of one connection ask for, as a config of foxtls: nothing here but the public API.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineClientConfig, defineServerConfig, TlsError } from 'foxtls';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { legacy } from 'foxtls/legacy';
import { parsePrivateKeyPem } from 'foxtls/pkcs';
import { credentialOf, rawPublicKeyCredential, trustWithoutVerification } from 'foxtls/x509';
import { Unimplemented } from './flags.mjs';
import {
  BASE_SUITES,
  CIPHER_STRINGS,
  DTLS_VERSIONS,
  GROUPS,
  PSK_SUITES,
  SIGNATURE_SCHEMES,
  SIGNED_BY_DEFAULT,
  SRTP_PROFILES,
  TLS13_SUITES,
  VERIFIED_BY_DEFAULT,
  VERSIONS,
} from './names.mjs';

/** @typedef {import('./flags.mjs').Flags} Flags */
/** @typedef {import('./flags.mjs').CredentialFlags} CredentialFlags */

/** @param {string} text */
export const latin1 = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));

/**
 * @param {readonly number[]} ids @param {Readonly<Record<number, string>>} names @param {string} what
 */
function namesOf(ids, names, what) {
  return ids.map((id) => {
    const name = names[id];
    if (name === undefined) throw new Unimplemented(`${what} ${id}`);
    return name;
  });
}

/** Whether a client has pre-shared keys and no other means to know its server: BoringSSL speaks TLS 1.3 alone then. @param {Flags} flags */
function needsKey({ server, credentials, ...flags }) {
  const verifies = flags['verify-peer'] || flags['use-custom-verify-callback'];
  return !server && !verifies && credentials.length > 0 && credentials.every(({ type }) => type === 'psk');
}

/** With legacy versions so far as the build has them. @param {Flags} flags */
function versionsOf(flags) {
  const known = needsKey(flags) ? ['TLSv1.3'] : ['TLSv1.3', 'TLSv1.2', ...legacy.versions.map(({ name }) => name)];
  const { dtls, 'min-version': least = dtls ? 0xffff : 0, 'max-version': most = dtls ? 0 : 0xffff } = flags;
  const isWithin = dtls ? (id) => id <= least && id >= most : (id) => id >= least && id <= most;
  const wanted = (dtls ? DTLS_VERSIONS : VERSIONS).filter(({ id, flag }) => isWithin(id) && !flags[flag]).map(({ name }) => name);
  const versions = wanted.filter((name) => known.includes(name));
  if (versions.length === 0 && wanted.length > 0) throw new Unimplemented(`version ${wanted}`);
  return versions;
}

/** @param {Flags} flags */
function suitesOf(flags, versions) {
  const { cipher, psk } = flags;
  const named =
    cipher === undefined
      ? [...(psk === undefined ? [] : PSK_SUITES), ...BASE_SUITES]
      : (CIPHER_STRINGS[cipher] ?? namedSuites(cipher));
  return [...(versions.includes('TLSv1.3') ? TLS13_SUITES : []), ...(versions.some((name) => name !== 'TLSv1.3') ? named : [])];
}

/** The suites that versions before TLS 1.2 have. @type {Readonly<Record<string, RegExp>>} */
const SUITED = { 'TLSv1.1': /_(?:SHA|MD5)$/, TLSv1: /_(?:SHA|MD5)$/ };

/** Groups of equal preference are taken as they stand. @param {string} cipher */
function namedSuites(cipher) {
  const names = cipher.split(/[:[\]|]+/).filter((name) => name !== '');
  if (!names.every((name) => name.startsWith('TLS_'))) throw new Unimplemented(`-cipher ${cipher}`);
  return names;
}

/** @type {Map<string, Promise<import('foxtls/crypto').PrivateKey>>} */
const keys = new Map();

/** @param {string} file @param {<T>(key: Uint8Array) => T} importer */
async function keyOf(file) {
  const der = parsePrivateKeyPem(readFileSync(file));
  const [signer, decrypter] = [await provider.keys.importPrivateKey(der), tryDecrypter(der)];
  return { signer, decrypter };
}

function tryDecrypter(der) {
  try {
    return provider.keyEncryption.importDecrypter(der);
  } catch {
    return undefined;
  }
}

function cachedKey(file) {
  const known = keys.get(file) ?? keyOf(file);
  keys.set(file, known);
  return known;
}

const later = () => new Promise((resolve) => setImmediate(resolve));

/** Of -async: whoever signs takes his time; with -private-key-delay-ms, by the clock of datagrams too. @param {Flags} flags */
function slow(flags, signer) {
  return {
    type: signer.type,
    ...(signer.publicKey && { publicKey: signer.publicKey }),
    async sign(algorithm, message, signal) {
      await later();
      flags['while-signing']?.();
      return signer.sign(algorithm, message, signal);
    },
  };
}

/** @param {Flags} flags @param {CredentialFlags} credential @param {number} index */
async function readCredential(flags, credential, index) {
  const { signer: key, decrypter } = await cachedKey(credential['key-file']);
  const signer = flags.async ? slow(flags, key) : key;
  const own = {
    ...(prefsOf(flags).length > 1 && { signingSchemes: schemeNames(credential['signing-prefs'], SIGNED_BY_DEFAULT) }),
  };
  if (credential.type === 'raw-public-key') return { ...rawPublicKeyCredential(key), ...own, signer, index };
  const chain = parsePem(readFileSync(credential['cert-file'])).map(({ data }) => Uint8Array.from(data));
  const staples = {
    ocspResponse: stapleOf(flags, credential),
    signedCertificateTimestamps: credential['signed-cert-timestamps'],
  };
  const onlyForIssuers = credential['must-match-issuer'] === true;
  return { ...credentialOf({ chain, key, onlyForIssuers, ...staples }), ...own, signer, decrypter, index };
}

/** What an OCSP callback of OpenSSL's kind does, as a function that fetches. */
function stapleOf(flags, credential) {
  const response = credential['ocsp-response'];
  if (!flags['use-ocsp-callback']) return response;
  return () => {
    if (flags['fail-ocsp-callback']) throw new TlsError('ERR_TLS_TEST', 'OCSP_CB_ERROR', { alert: 'internal_error' });
    return flags['decline-ocsp-callback'] ? undefined : response;
  };
}

/** In BoringSSL's order: those that were added, then the default one. @param {Flags} flags */
export async function credentialsOf(flags) {
  const all = [...flags.credentials, ...(flags.default['key-file'] === undefined ? [] : [flags.default])];
  const kinds = flags['available-client-cert-types']?.map((id) => KINDS[id]);
  const certified = all
    .filter(({ type }) => type !== 'psk' && (kinds === undefined || kinds.includes(type)))
    .sort((one, other) => (kinds === undefined ? 0 : kinds.indexOf(one.type) - kinds.indexOf(other.type)));
  return Promise.all(certified.map((credential) => readCredential(flags, credential, flags.credentials.indexOf(credential))));
}

/** What is verified, and what is signed with. @param {Flags} flags */
function schemesOf(flags) {
  const ofCredentials = prefsOf(flags);
  return {
    signatureSchemes: schemeNames(flags['verify-prefs'], VERIFIED_BY_DEFAULT),
    signingSchemes: schemeNames(ofCredentials.length === 1 ? ofCredentials[0] : undefined, SIGNED_BY_DEFAULT),
  };
}

/** Of several credentials, each has its own. @param {Flags} flags @returns {number[][]} */
function prefsOf(flags) {
  return [...flags.credentials, flags.default].flatMap(({ 'signing-prefs': prefs }) => (prefs === undefined ? [] : [prefs]));
}

/** @param {readonly number[] | undefined} ids @param {readonly string[]} defaults */
function schemeNames(ids, defaults) {
  return ids === undefined ? defaults : namesOf(ids, SIGNATURE_SCHEMES, 'signature scheme');
}

/** Accepts everybody, as BoringSSL's shim does, or refuses everybody. @param {Flags} flags */
function verifierOf(flags) {
  const trusting = trustWithoutVerification('the runner judges the handshake, not the certificates');
  const counts = flags['verify-peer'] || flags['require-any-client-certificate'] || flags['use-custom-verify-callback'];
  const judge = (request) => {
    if (needsKey(flags)) throw new TlsError('ERR_TLS_TEST', 'PSK_REQUIRED', { alert: 'missing_extension' });
    if (flags['verify-fail'] && (counts || request.presented.kind === 'raw-public-key')) {
      const alert = flags['use-custom-verify-callback'] ? 'certificate_unknown' : 'handshake_failure';
      throw new TlsError('ERR_TLS_TEST', 'CERTIFICATE_VERIFY_FAILED', { alert });
    }
    if (!flags.server && flags['use-ocsp-callback'] && flags['fail-ocsp-callback']) {
      throw new TlsError('ERR_TLS_TEST', 'OCSP_CB_ERROR', { alert: 'bad_certificate_status_response' });
    }
    const pin = flags['expect-peer-rpk-sha256'];
    const { presented } = request;
    if (
      pin !== undefined &&
      presented.kind === 'raw-public-key' &&
      !same(pin, createHash('sha256').update(presented.spki).digest())
    ) {
      throw new TlsError('ERR_TLS_TEST', 'CERTIFICATE_VERIFY_FAILED', { alert: 'certificate_unknown' });
    }
    return trusting.verify(request);
  };
  if (!flags.async) return { ...trusting, verify: judge };
  return { ...trusting, verify: (request) => later().then(() => judge(request)) };
}

const SESSION_TICKET = 35;

const KINDS = { 0: 'x509', 2: 'raw-public-key' };

/** The key of RFC 4279, for TLS 1.2: the runner's is short, and may have no name. @param {Flags} flags */
function namedKeyOf({ psk, 'psk-identity': identity = '' }) {
  return psk === undefined ? undefined : { identity: latin1(identity), key: latin1(psk), insecureShortKey: true };
}

/** Those of RFC 9258, for TLS 1.3. @param {Flags} flags */
function importedKeysOf(flags) {
  return flags.credentials
    .filter(({ type }) => type === 'psk')
    .map((credential) => ({
      identity: credential['psk-importer-identity'],
      key: credential['psk-importer-key'],
      hash: credential['psk-importer-sha384'] ? 'sha384' : 'sha256',
      imported: { context: credential['psk-importer-context'] },
    }));
}

/** @param {string | undefined} list */
function protocolsOf(list = '') {
  const protocols = [];
  for (let at = 0; at < list.length; at += list.charCodeAt(at) + 1)
    protocols.push(list.slice(at + 1, at + 1 + list.charCodeAt(at)));
  return protocols;
}

function authoritiesOf(list) {
  if (list === undefined || list === '<NULL>' || list === '<EMPTY>') return undefined;
  return list.split(',').map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
}

const curvesOf = (ids) => (ids === undefined ? undefined : namesOf(ids, GROUPS, 'group'));

/** Those of BoringSSL, where tests count. @param {Flags} flags */
function limitsOf(flags) {
  return {
    maxEarlyDataSkipped: 16384,
    ...(flags['renegotiate-once'] && { renegotiations: 1 }),
    ...(flags['max-cert-list'] !== undefined && { maxHandshakeMessage: flags['max-cert-list'] }),
  };
}

const RENEGOTIATING = ['renegotiate-freely', 'renegotiate-once', 'renegotiate-explicit', 'forbid-renegotiation-after-handshake'];

/** @param {Flags} flags @param {any[]} credentials @param {() => number} now */
function commonOf(flags, credentials, now) {
  const wanted = versionsOf(flags);
  const cipherSuites = suitesOf(flags, wanted);
  // foxtls refuses a version that it is given no suite for; in BoringSSL it is not spoken then.
  const versions = wanted.filter((name) => SUITED[name] === undefined || cipherSuites.some((suite) => SUITED[name].test(suite)));
  return {
    provider,
    legacy,
    versions,
    cipherSuites,
    insecureMacThenEncrypt: true,
    groups: curvesOf(flags.curves),
    ...schemesOf(flags),
    credentials,
    verifier: verifierOf(flags),
    maxSendFragment: flags['max-send-fragment'],
    // BoringSSL's servers always do, in tickets and requests.
    grease: flags.server === true || flags['enable-grease'] === true,
    renegotiation: RENEGOTIATING.some((flag) => flags[flag]) ? 'accept' : 'refuse',
    limits: limitsOf(flags),
    srtpProfiles: flags['srtp-profiles']?.split(':').map((name) => SRTP_PROFILES[name]),
    requestOcsp: !flags.server && flags['enable-ocsp-stapling'] === true,
    requestSct: !flags.server && flags['enable-signed-cert-timestamps'] === true,
    certificateAuthorities: authoritiesOf(flags['use-client-ca-list']),
    now,
  };
}

/** @param {Flags} flags @param {any[]} credentials @param {() => number} now */
export function clientConfigOf(flags, credentials, now) {
  if (flags['fail-cert-callback']) throw new Unimplemented('a flag of a client');
  const namedKey = namedKeyOf(flags);
  const common = commonOf(flags, credentials, now);
  return defineClientConfig({
    ...common,
    fallbackScsv: flags['fallback-scsv'],
    keyShareGroups: flags['no-key-shares'] ? [] : curvesOf(flags['key-shares']),
    alpnProtocols: protocolsOf(flags['advertise-alpn']),
    shapeClientHello: flags['no-ticket'] ? (list) => list.filter(({ type }) => type !== SESSION_TICKET) : undefined,
    permuteExtensions: flags['permute-extensions'] ?? false,
    serverCertificateTypes: flags['accepted-peer-cert-types']?.map((id) => KINDS[id]),
    preSharedKeys: importedKeysOf(flags),
    choosePreSharedKey: namedKey && (() => namedKey),
  });
}

/** What lives longer than a connection: the tickets and the sessions of a test. */
/**
 * @param {Flags} flags @param {any[]} credentials @param {() => number} now @param {object} kept @param {(problem: string) => void} complain
 */
export function serverConfigOf(flags, credentials, now, kept, complain) {
  const common = commonOf(flags, credentials, now);
  const namedKey = namedKeyOf(flags);
  const preSharedKeys = [...(namedKey === undefined ? [] : [namedKey]), ...importedKeysOf(flags)];
  const asks = flags['verify-peer'] ? 'request' : flags['require-any-client-certificate'] ? 'require' : 'none';
  const config = defineServerConfig({
    ...common,
    clientCertificates: asks,
    clientCertificateTypes: flags['accepted-peer-cert-types']?.map((id) => KINDS[id]),
    tickets: flags['no-ticket'] || flags['skip-ticket'] ? 0 : undefined,
    ...kept,
    chooseAlpnProtocol: alpnChoiceOf(flags, complain),
    pskIdentityHint: flags['psk-identity'] ? latin1(flags['psk-identity']) : undefined,
    lookUpPreSharedKey: preSharedKeys.length === 0 ? undefined : lookUp(preSharedKeys),
    selectConfig: (hello) => {
      checkHello(flags, hello, complain);
      // A name is acknowledged by who chose something by it.
      const selected = flags['no-server-name-ack'] ? undefined : config;
      return flags.async ? later().then(() => selected) : selected;
    },
  });
  return config;
}

const same = (a, b) => Buffer.compare(a, b) === 0;

function lookUp(preSharedKeys) {
  return (identity, { imported }) =>
    preSharedKeys.find(
      (psk) =>
        same(psk.identity, identity) &&
        (!imported || (psk.imported && same(psk.imported.context ?? new Uint8Array(), imported.context))),
    );
}

function alpnChoiceOf(flags, complain) {
  if (flags['reject-alpn']) return () => undefined;
  const chosen = flags['select-empty-alpn'] ? '' : flags['select-alpn'];
  if (chosen === undefined || flags['decline-alpn']) return undefined;
  return (hello) => {
    const expected = flags['expect-advertised-alpn'];
    if (expected !== undefined && hello.alpnProtocols.join() !== protocolsOf(expected).join()) complain('ALPN of the client');
    return chosen;
  };
}

function checkHello(flags, hello, complain) {
  const verified = flags['expect-peer-verify-pref'];
  if (verified !== undefined && hello.signatureSchemes.join() !== verified.join()) complain('other schemes of the client');
  const expected = flags['expect-server-name'];
  if (expected !== undefined && hello.serverName !== expected) complain(`server name ${hello.serverName}, not ${expected}`);
  if (flags['expect-no-server-name'] && hello.serverName !== undefined) complain('a server name');
  if (flags['fail-early-callback'] || flags['fail-ddos-callback']) {
    throw new TlsError('ERR_TLS_TEST', 'CONNECTION_REJECTED', {
      alert: flags['fail-early-callback'] ? 'handshake_failure' : 'internal_error',
    });
  }
  if (flags['fail-cert-callback']) throw new TlsError('ERR_TLS_TEST', 'CERT_CB_ERROR', { alert: 'internal_error' });
}
