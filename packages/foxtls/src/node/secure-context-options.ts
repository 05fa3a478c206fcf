/**
 * The options of a secure context: their types, and those of node:tls that foxtls refuses instead of ignoring them.
 *
 * Options that have nothing to act on here (`honorCipherOrder`, `sessionIdContext`, most of `secureOptions`) are accepted; docs/guide/node-tls.md lists them. What would change
 * who is trusted, or what is checked, throws.
 */

import { constants } from 'node:crypto';
import type * as nodeTls from 'node:tls';
import type { LegacyParts } from '../connection/legacy-parts.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import type { VersionName } from '../core/registry/protocol-versions.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { Signer } from '../crypto/signature.ts';
import type { MaxFragmentLength } from '../protocol/negotiate/max-fragment-length.ts';
import { withCode } from './errors.ts';
import type { PfxListItem, PfxOption } from './pfx.ts';

/** PEM text, or its bytes. */
export type Pem = string | NodeJS.ArrayBufferView;

/** A private key: PEM, PEM with its pass phrase, or whoever signs in its place (an HSM, a KMS). */
export type KeyOption = Pem | { readonly pem: Pem; readonly passphrase?: string | undefined } | Signer;

/** What `createSecureContext` takes. */
export interface SecureContextOptions extends Omit<nodeTls.SecureContextOptions, 'key' | 'cert' | 'ca' | 'pfx' | 'ticketKeys'> {
  readonly key?: KeyOption | readonly KeyOption[] | undefined;
  readonly cert?: Pem | readonly Pem[] | undefined;
  readonly ca?: Pem | readonly Pem[] | undefined;
  /**
   * Beyond node:tls: decides about the peer in place of `ca`, `crl` and `checkServerIdentity`: chain and name, as `createX509Verifier` makes them, with a
   * hook for each certificate, revocation, pins or policies.
   */
  readonly verifier?: PeerVerifier | undefined;
  /** PKCS#12: key, certificate and authorities in one file. */
  readonly pfx?: PfxOption | readonly PfxListItem[] | undefined;
  readonly ticketKeys?: Buffer | undefined;
  /** Client: what the prime of DHE has at least, in bits; default 2048, where Node has 1024. */
  readonly minDHSize?: number | undefined;
  /** Beyond node:tls: what is old or weak, as `foxtls/legacy` has it; `ciphers`, `minVersion` and `sigalgs` can name it then. */
  readonly legacy?: LegacyParts | undefined;
  /**
   * Beyond node:tls: told what of `legacy` is negotiated, once for each thing. Default: a warning of the process, `FoxtlsLegacyWarning`, whose code
   * is the name of the thing; `() => {}` for none.
   */
  readonly warn?: ((message: string, name: string) => void) | undefined;
  /** Beyond node:tls: let suites in CBC mode do without encrypt_then_mac (RFC 7366). Default false. */
  readonly insecureMacThenEncrypt?: boolean | undefined;
  /**
   * Beyond node:tls: do without extended_master_secret (RFC 7627) in TLS 1.2, as old peers do; such a connection is not resumed, not renegotiated,
   * and nothing is exported from it. Default false.
   */
  readonly insecureNoExtendedMasterSecret?: boolean | undefined;
  /**
   * Beyond node:tls, of a client: the groups to send a key share for in the first ClientHello of TLS 1.3, in the form of `ecdhCurve`; default the first
   * of these. Empty leaves the choice to the server, for a round trip (HelloRetryRequest).
   */
  readonly keyShareGroups?: string | undefined;
  /** Beyond node:tls, of a client: ask that no record holds more than 512, 1024, 2048 or 4096 bytes (RFC 6066 §4). Default: not asked. */
  readonly maxFragmentLength?: MaxFragmentLength | undefined;
}

const REFUSED: Readonly<Record<string, string>> = {
  clientCertEngine: 'there are no OpenSSL engines here',
  privateKeyEngine: 'there are no OpenSSL engines here: give `key` as an object that signs',
  privateKeyIdentifier: 'there are no OpenSSL engines here: give `key` as an object that signs',
  onread: 'reading into your own buffer is not there yet',
};

/** Throws `ApiMisuse` (`ERR_TLS_OPTION_UNSUPPORTED`) for an option that is set and would have to be obeyed. */
export function refuseUnsupported(options: object): void {
  for (const name in REFUSED) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined || value === null || value === false) continue;
    throw new ApiMisuse('ERR_TLS_OPTION_UNSUPPORTED', `the option ${name} is not supported: ${REFUSED[name]}`);
  }
  readVersions(options as SecureContextOptions);
}

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

const SPOKEN: readonly VersionName[] = ['TLSv1.3', 'TLSv1.2'];

const OFF: Readonly<Record<string, number>> = {
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  TLSv1: constants.SSL_OP_NO_TLSv1,
};

/** Methods of OpenSSL for one version. */
const SINGLE_METHOD = /^(TLSv1(?:_[0-9])?)_(?:server_|client_)?method$/;

/** Methods of OpenSSL that negotiate the version. */
const FLEXIBLE_METHODS = /^(?:TLS|SSLv23)_(?:server_|client_)?method$/;

/** The versions that a context speaks. Throws Node's errors, and `ERR_TLS_VERSION_UNSUPPORTED` when nothing is left that foxtls speaks. */
export function readVersions(options: SecureContextOptions): readonly VersionName[] {
  const { minVersion, maxVersion, secureProtocol, secureOptions = 0 } = options;
  checkVersion(minVersion, 'minimum');
  checkVersion(maxVersion, 'maximum');
  if (secureProtocol && (minVersion ?? maxVersion)) {
    const message = `TLS protocol version "${minVersion ?? maxVersion}" conflicts with secureProtocol "${secureProtocol}"`;
    throw withCode(new TypeError(message), 'ERR_TLS_PROTOCOL_VERSION_CONFLICT');
  }
  if (typeof secureOptions !== 'number') {
    throw withCode(new TypeError('The "secureOptions" argument must be of type number.'), 'ERR_INVALID_ARG_TYPE');
  }
  const spoken = [...SPOKEN, ...(options.legacy?.versions.map(({ name }) => name) ?? [])];
  const max = maxVersion ? VERSIONS.indexOf(maxVersion) : VERSIONS.length;
  const [only] = SINGLE_METHOD.exec(secureProtocol ?? '')?.slice(1) ?? [];
  // What is older has to be asked for, here too: as tls.DEFAULT_MIN_VERSION.
  const min = only === undefined ? VERSIONS.indexOf(minVersion ?? 'TLSv1.2') : 0;
  const versions = spoken.filter((version) => {
    const place = VERSIONS.indexOf(version);
    const isOff = secureOptions & (OFF[version] ?? 0);
    return place >= min && place <= max && !isOff && (only === undefined || version === only.replace('_', '.'));
  });
  if (versions.length > 0 && (!secureProtocol || only !== undefined || FLEXIBLE_METHODS.test(secureProtocol))) return versions;
  throw new ApiMisuse(
    'ERR_TLS_VERSION_UNSUPPORTED',
    `foxtls speaks ${spoken.join(' and ')}, of which minVersion, maxVersion, secureProtocol and secureOptions leave none; older ones come with \`legacy\` of foxtls/legacy`,
  );
}

function checkVersion(version: unknown, which: string): void {
  if (version === undefined || version === null || VERSIONS.includes(version as string)) return;
  const message = `${JSON.stringify(version)} is not a valid ${which} TLS protocol version`;
  throw withCode(new TypeError(message), 'ERR_TLS_INVALID_PROTOCOL_VERSION');
}
