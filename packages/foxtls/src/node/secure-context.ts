/**
 * The secure context of node:tls: keys, certificates, trust and algorithms, read and checked once, shared by many connections.
 *
 * A context makes the core's configurations on demand and keeps them, one for each combination of what node:tls leaves to the
 * connection (protocol names, whether to reject).
 */

import { constants, createHash, createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import {
  type ClientConfig,
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerConfig,
  type ServerOptions,
} from '../connection/config.ts';
import { plain } from '../core/bytes/bytes.ts';
import { ApiMisuse, DecodeError, InternalError } from '../core/errors/errors.ts';
import { runSync, settle } from '../core/flow/flow.ts';
import type { FiniteFieldParameters } from '../crypto/finite-field.ts';
import type { Decrypter } from '../crypto/key-encryption.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { Signer } from '../crypto/signature.ts';
import { parseDhParametersPem } from '../pki/pkcs/dh-parameters.ts';
import { readPrivateKeyPemSync } from '../pki/pkcs/encrypted-private-key.ts';
import { authorityNames, credentialOf } from '../pki/x509/credential.ts';
import type { PathCheck } from '../pki/x509/path-check.ts';
import { reportOnly } from '../pki/x509/verifier.ts';
import type { X509Credential } from '../protocol/handshake/credential.ts';
import { MAX_DIFFIE_HELLMAN_BITS } from '../protocol/handshake/tls12/dhe.ts';
import { createSealer } from '../protocol/session/sealer.ts';
import { parseCiphers } from './cipher-list.ts';
import { withCode } from './errors.ts';
import { warnOfLegacy } from './legacy-warning.ts';
import type { OcspLookUp } from './ocsp.ts';
import { parseGroups, parseSignatureSchemes } from './openssl-names.ts';
import { type PfxIdentity, readPfx, rootsOf } from './pfx.ts';
import { provider } from './provider.ts';
import { createListCheck } from './revocation-lists.ts';
import {
  type KeyOption,
  type Pem,
  readVersions,
  refuseUnsupported,
  type SecureContextOptions,
} from './secure-context-options.ts';
import { createAnchoredVerifier, defaultVerifier, getCACertificates, parseCertificates } from './trust.ts';

/** What a server's configuration takes from the server, not from the context. */
export interface ServerTraits
  extends Pick<
    ServerOptions,
    | 'alpnProtocols'
    | 'chooseAlpnProtocol'
    | 'selectConfig'
    | 'clientCertificates'
    | 'sessionCache'
    | 'pskIdentityHint'
    | 'renegotiation'
    | 'requireCookie'
    | 'cookieSealer'
  > {
  readonly lookUpOcsp?: OcspLookUp | undefined;
}

/** Combinations of a context that are kept; more than a few are a sign of generated protocol names. */
const MAX_CONFIGS = 16;

const TICKET_KEYS_SIZE = 48;

/** What the core may refuse. Most clients have none of these, and one context each. */
const CHECKED = [
  ...([
    'key',
    'pfx',
    'ciphers',
    'ecdhCurve',
    'sigalgs',
    'minVersion',
    'maxVersion',
    'secureProtocol',
    'secureOptions',
    'legacy',
  ] as const),
  ...(['minDHSize', 'dhparam', 'keyShareGroups', 'maxFragmentLength', 'verifier'] as const),
];

/** For a configuration that is only looked at. */
const NOBODY: PeerVerifier = {
  verify() {
    throw new InternalError('a configuration that was to be checked verifies a peer');
  },
};

/**
 * Made by `createSecureContext`. `context` is the context itself: node:tls keeps a native object there.
 */
export class SecureContext {
  readonly #algorithms: ReturnType<typeof readAlgorithms>;
  readonly #credentials: readonly X509Credential[];
  readonly #anchors: readonly Uint8Array[] | undefined;
  readonly #authorities: readonly Uint8Array[] | 'verifier' | undefined;
  readonly #revocation: PathCheck | undefined;
  readonly #clientOptions: Pick<ClientOptions, 'keyShareGroups' | 'maxFragmentLength' | 'minDiffieHellmanBits'>;
  readonly #clientConfigs = new Map<string, ClientConfig>();
  readonly #tickets: Pick<ServerOptions, 'tickets' | 'ticketLifetime'>;
  readonly #diffieHellmanParameters: FiniteFieldParameters | undefined;
  /** The application's own, which decides about names, too. */
  readonly verifier: PeerVerifier | undefined;
  #verifier: PeerVerifier | undefined;
  #ticketKeys: Buffer | undefined;

  constructor(options: SecureContextOptions = {}) {
    refuseUnsupported(options);
    this.verifier = readVerifier(options);
    this.#verifier = this.verifier;
    this.#algorithms = readAlgorithms(options);
    const identities = readPfxOption(options);
    this.#anchors = readAnchors(options, rootsOf(identities));
    this.#authorities = options.ca || options.verifier ? 'verifier' : authoritiesOf(rootsOf(identities));
    this.#revocation = readCrlOption(options);
    this.#clientOptions = readClientOptions(options);
    const known = options.ca ? (this.#anchors ?? []) : [];
    const decrypts = namesDecryption(options, this.#algorithms.cipherSuites);
    this.#credentials = [
      ...readCredentials(options, known, decrypts),
      ...identities.map((identity) => toCredential(identity, known, decrypts)),
    ];
    this.#tickets = readTicketOptions(options);
    this.#diffieHellmanParameters = readDiffieHellmanParameters(options);
    if (options.ticketKeys) this.ticketKeys = options.ticketKeys;
    if (CHECKED.some((name) => options[name] !== undefined)) this.#check();
  }

  /** Says now what a configuration would refuse at the first connection. */
  #check(): void {
    const common = { provider, ...this.#algorithms, credentials: this.#credentials };
    defineClientConfig({ ...common, ...this.#clientOptions, verifier: NOBODY });
    if (this.#diffieHellmanParameters === undefined && this.verifier === undefined) return;
    defineServerConfig({
      ...common,
      diffieHellmanParameters: this.#diffieHellmanParameters,
      verifier: this.verifier,
      certificateAuthorities: this.#authorities,
    });
  }

  get context(): this {
    return this;
  }

  /** 48 bytes; the key that seals tickets is derived from them. */
  get ticketKeys(): Buffer<ArrayBuffer> {
    this.#ticketKeys ??= randomBytes(TICKET_KEYS_SIZE);
    return Buffer.from(this.#ticketKeys);
  }

  set ticketKeys(keys: Uint8Array) {
    if (!(keys instanceof Uint8Array)) throw invalidType('ticketKeys', 'an instance of Buffer');
    if (keys.length !== TICKET_KEYS_SIZE) {
      const message = `The property 'options.ticketKeys' must be exactly ${TICKET_KEYS_SIZE} bytes. Received ${keys.length}`;
      throw withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
    }
    this.#ticketKeys = Buffer.from(keys);
  }

  /** The chains of this context, DER, end entity first. */
  get chains(): readonly (readonly Uint8Array[])[] {
    return this.#credentials.map(({ chain }) => chain);
  }

  /** The configuration of a client. Shared: the same arguments give the same object. */
  clientConfig(alpnProtocols: readonly string[] | undefined, rejectUnauthorized: boolean): ClientConfig {
    const key = JSON.stringify([rejectUnauthorized, alpnProtocols]);
    const known = this.#clientConfigs.get(key);
    if (known !== undefined) return known;
    if (this.#clientConfigs.size >= MAX_CONFIGS) this.#clientConfigs.clear();
    const config = defineClientConfig({
      provider,
      ...this.#algorithms,
      alpnProtocols,
      credentials: this.#credentials,
      ...this.#clientOptions,
      verifier: rejectUnauthorized ? this.#verify() : reportOnly(this.#verify()),
    });
    this.#clientConfigs.set(key, config);
    return config;
  }

  /** The configuration of a server; `traits` are the server's. A new one at each call: a server keeps its own. */
  serverConfig({ lookUpOcsp, ...traits }: ServerTraits): ServerConfig {
    const { clientCertificates } = traits;
    const asksForCertificates = clientCertificates !== undefined && clientCertificates !== 'none';
    return defineServerConfig({
      provider,
      ...this.#algorithms,
      ...this.#tickets,
      ...traits,
      credentials: lookUpOcsp === undefined ? this.#credentials : this.#stapled(lookUpOcsp),
      diffieHellmanParameters: this.#diffieHellmanParameters,
      ticketSealer: createSealer(provider, createHash('sha256').update(this.ticketKeys).digest(), 'ticket'),
      ...(asksForCertificates && {
        verifier: clientCertificates === 'require' ? this.#verify() : reportOnly(this.#verify()),
        // As OpenSSL: those of `ca` and `pfx` are named, the defaults are not.
        ...(this.#authorities !== undefined && { certificateAuthorities: this.#authorities }),
      }),
    });
  }

  #stapled(lookUpOcsp: OcspLookUp): readonly X509Credential[] {
    return this.#credentials.map((credential) => {
      const leaf = credential.chain[0] as Uint8Array;
      let issuer: Uint8Array | null | undefined;
      const ocspResponse = () => {
        issuer ??= findIssuer(leaf, [...credential.chain.slice(1), ...(this.#anchors ?? [])]);
        return lookUpOcsp(leaf, issuer);
      };
      return { ...credential, ocspResponse };
    });
  }

  #verify(): PeerVerifier {
    this.#verifier ??=
      this.#anchors === undefined && this.#revocation === undefined
        ? defaultVerifier()
        : createAnchoredVerifier(this.#anchors ?? parseCertificates(getCACertificates('default')), this.#revocation);
    return this.#verifier;
  }
}

/**
 * Reads keys, certificates and algorithms, for many connections. Options as in node:tls.
 *
 * Throws Node's errors (`ERR_OSSL_X509_KEY_VALUES_MISMATCH`, `ERR_SSL_NO_CIPHER_MATCH`, `ERR_INVALID_ARG_TYPE` …), and
 * `ERR_TLS_OPTION_UNSUPPORTED` or `ERR_TLS_VERSION_UNSUPPORTED` for what would have to be obeyed and cannot be.
 *
 * ```ts
 * const secureContext = createSecureContext({ ca: readFileSync('ca.pem') });
 * const socket = connect({ host: 'localhost', port: 8443, secureContext });
 * ```
 */
export function createSecureContext(options?: SecureContextOptions): SecureContext {
  return new SecureContext(options ?? {});
}

function readAlgorithms(options: SecureContextOptions) {
  const { ciphers, ecdhCurve, sigalgs } = options;
  requireString(ciphers, 'ciphers');
  // As in Node, null is no default here.
  if (ecdhCurve === null) throw invalidType('ecdhCurve', 'of type string');
  requireString(ecdhCurve, 'ecdhCurve');
  requireString(sigalgs, 'sigalgs');
  const { warn } = options;
  if (warn !== undefined && warn !== null && typeof warn !== 'function') throw invalidType('warn', 'of type function');
  return {
    versions: readVersions(options),
    legacy: options.legacy,
    warn: options.legacy && (warn ?? warnOfLegacy),
    cipherSuites: ciphers ? parseCiphers(ciphers, options.legacy?.cipherSuites) : undefined,
    insecureMacThenEncrypt: options.insecureMacThenEncrypt,
    insecureNoExtendedMasterSecret: options.insecureNoExtendedMasterSecret,
    groups: ecdhCurve === undefined ? undefined : parseGroups(ecdhCurve),
    signatureSchemes:
      sigalgs === undefined || sigalgs === null ? undefined : parseSignatureSchemes(sigalgs, options.legacy?.signatureSchemes),
  };
}

/** What only a client has. */
function readClientOptions(options: SecureContextOptions) {
  const { keyShareGroups, maxFragmentLength } = options;
  requireString(keyShareGroups, 'keyShareGroups');
  return {
    minDiffieHellmanBits: readMinDiffieHellmanBits(options),
    keyShareGroups: keyShareGroups === undefined ? undefined : keyShareGroups === '' ? [] : parseGroups(keyShareGroups),
    maxFragmentLength,
  };
}

/** `minDHSize` of a client; whatever is outside of what can be is moved inside, as OpenSSL's security levels would. */
function readMinDiffieHellmanBits({ minDHSize }: SecureContextOptions): number | undefined {
  return minDHSize === undefined ? undefined : Math.min(Math.max(minDHSize, 768), MAX_DIFFIE_HELLMAN_BITS);
}

/** `dhparam` of a server: PEM, or `'auto'` for the groups of RFC 7919, which is the default here. */
function readDiffieHellmanParameters({ dhparam }: SecureContextOptions): FiniteFieldParameters | undefined {
  return dhparam === undefined || dhparam === null || dhparam === 'auto'
    ? undefined
    : parseDhParametersPem(asPem(dhparam, 'dhparam').toString());
}

/** How many tickets, and for how long: RFC 8446 §4.6.1 allows a week. */
function readTicketOptions({ sessionTimeout, secureOptions = 0 }: SecureContextOptions) {
  if (sessionTimeout !== undefined && sessionTimeout !== null) {
    if (typeof sessionTimeout !== 'number') throw invalidType('sessionTimeout', 'of type number');
    if (!Number.isInteger(sessionTimeout) || sessionTimeout < 0 || sessionTimeout > 0x7fffffff) {
      const message = `The value of "options.sessionTimeout" is out of range. It must be >= 0 && <= 2147483647. Received ${sessionTimeout}`;
      throw withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
    }
  }
  return {
    ...(secureOptions & constants.SSL_OP_NO_TICKET && { tickets: 0 }),
    ...(sessionTimeout && { ticketLifetime: Math.min(sessionTimeout, 604800) }),
  };
}

/** Each key with the chain whose end entity it belongs to. */
function readCredentials(
  { cert, key, passphrase }: SecureContextOptions,
  anchors: readonly Uint8Array[],
  decrypts: boolean,
): X509Credential[] {
  const chains = (cert ? asList<Pem>(cert) : []).map((pem) => completeChain(parseCertificates([asPem(pem, 'cert')]), anchors));
  const keys = key ? asList<KeyOption>(key) : [];
  if (chains.length === 0) return [];
  return keys.map((option, i) => {
    if (isSigner(option)) return describeCredential(chains[i] ?? refuseMismatch(), option);
    const { pem, passphrase: own } = isPem(option) ? { pem: option } : option;
    const privateKey = readPrivateKey(asPem(pem, 'key'), own ?? passphrase);
    const chain =
      chains.find(([leaf]) => new X509Certificate(leaf as Uint8Array).checkPrivateKey(privateKey)) ?? refuseMismatch();
    return describeCredential(chain, importKey(privateKey), decrypts ? importDecrypter(privateKey) : undefined);
  });
}

function readPfxOption({ pfx, passphrase }: SecureContextOptions): PfxIdentity[] {
  if (pfx === undefined || pfx === null) return [];
  if (passphrase !== undefined && passphrase !== null && typeof passphrase !== 'string' && !ArrayBuffer.isView(passphrase)) {
    throw withCode(new TypeError('Pass phrase must be a buffer'), 'ERR_INVALID_ARG_TYPE');
  }
  return readPfx(pfx, passphrase);
}

/** Who is trusted: `ca`, or by default Node's roots; and the roots that came in `pfx`. Undefined for the default alone. */
function readAnchors({ ca }: SecureContextOptions, roots: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  const named = ca ? parseCertificates(asList<Pem>(ca).map((pem) => asPem(pem, 'ca'))) : undefined;
  if (roots.length === 0) return named;
  return [...(named ?? parseCertificates(getCACertificates('default'))), ...roots];
}

function readVerifier({ verifier, ca, crl }: SecureContextOptions): PeerVerifier | undefined {
  if (verifier === undefined || verifier === null) return undefined;
  if (typeof verifier.verify !== 'function') throw invalidType('verifier', 'a PeerVerifier, as createX509Verifier makes them');
  if (!ca && !crl) return verifier;
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', '`verifier` decides alone: give `ca` and `crl` to it, not beside it');
}

function readCrlOption({ crl }: SecureContextOptions): PathCheck | undefined {
  return crl ? createListCheck(asList<Pem>(crl).map((pem) => asPem(pem, 'crl'))) : undefined;
}

function authoritiesOf(roots: readonly Uint8Array[]): readonly Uint8Array[] | undefined {
  return roots.length === 0 ? undefined : authorityNames(roots);
}

function toCredential(
  { privateKey, certificate, others }: PfxIdentity,
  known: readonly Uint8Array[],
  decrypts: boolean,
): X509Credential {
  const decrypter = decrypts ? importDecrypter(privateKey) : undefined;
  return describeCredential(completeChain([certificate], [...others, ...known]), importKey(privateKey), decrypter);
}

/** What OpenSSL reads and we do not is shown all the same: then nothing is known to choose it by. */
function describeCredential(chain: readonly Uint8Array[], signer: Signer, decrypter?: Decrypter): X509Credential {
  try {
    return credentialOf({ chain, key: signer, decrypter });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { kind: 'x509', chain, signer, decrypter };
  }
}

function findIssuer(leaf: Uint8Array, candidates: readonly Uint8Array[]): Uint8Array | null {
  const certificate = new X509Certificate(leaf);
  return candidates.find((candidate) => certificate.checkIssued(new X509Certificate(candidate))) ?? null;
}

function importKey(privateKey: KeyObject): Signer {
  const pkcs8 = Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' }));
  return runSync(settle(provider.keys.importPrivateKey(pkcs8)));
}

/** Whether `ciphers` names a key exchange of `foxtls/legacy` in which the key of the certificate does more than sign. */
function namesDecryption({ legacy }: SecureContextOptions, names: readonly string[] | undefined): boolean {
  return (
    legacy?.cipherSuites.some(
      ({ name, keyExchange }) => DECRYPTING.includes(keyExchange.certificateKey) && names?.includes(name),
    ) ?? false
  );
}

const DECRYPTING: readonly string[] = ['decrypts', 'agrees'];

function importDecrypter(privateKey: KeyObject): Decrypter | undefined {
  if (privateKey.asymmetricKeyType !== 'rsa' && privateKey.asymmetricKeyType !== 'ec') return undefined;
  const pkcs8 = Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' }));
  return runSync(settle(provider.keyEncryption?.importDecrypter(pkcs8)));
}

/** By node:crypto: it reads encrypted keys too, and its errors are those that callers know. Old ciphers that it lacks are ours. */
function readPrivateKey(pem: string | Buffer, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_OSSL_EVP_UNSUPPORTED' || passphrase === undefined) throw error;
    const pkcs8 = readPrivateKeyPemSync(plain(Buffer.from(pem)), { password: passphrase, provider });
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  }
}

/** As OpenSSL: a lone end entity is sent with the intermediates that `ca` has for it, the root left out. */
function completeChain(chain: readonly Uint8Array[], anchors: readonly Uint8Array[]): readonly Uint8Array[] {
  if (chain.length !== 1 || anchors.length === 0) return chain;
  const candidates = anchors.map((der) => new X509Certificate(der));
  const complete = [new X509Certificate(chain[0] as Uint8Array)];
  while (complete.length <= candidates.length) {
    const last = complete.at(-1) as X509Certificate;
    const issuer = candidates.find((candidate) => last.checkIssued(candidate));
    if (issuer === undefined || issuer.checkIssued(issuer)) break;
    complete.push(issuer);
  }
  return complete.map(({ raw }) => Uint8Array.from(raw));
}

function refuseMismatch(): never {
  const error = withCode(
    new Error('error:05800074:x509 certificate routines::key values mismatch'),
    'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  );
  throw Object.assign(error, { library: 'x509 certificate routines', reason: 'key values mismatch' });
}

function isSigner(option: KeyOption): option is Signer {
  return typeof option === 'object' && 'sign' in option && typeof option.sign === 'function';
}

function isPem(option: unknown): option is Pem {
  return typeof option === 'string' || ArrayBuffer.isView(option);
}

function asPem(option: unknown, name: string): string | Buffer {
  if (typeof option === 'string') return option;
  if (ArrayBuffer.isView(option)) return Buffer.from(option.buffer, option.byteOffset, option.byteLength);
  throw invalidType(name, 'of type string or an instance of Buffer, TypedArray, or DataView');
}

function asList<T>(option: T | readonly T[]): readonly T[] {
  return Array.isArray(option) ? option : [option as T];
}

function requireString(value: unknown, name: string): void {
  if (value !== undefined && value !== null && typeof value !== 'string') throw invalidType(name, 'of type string');
}

function invalidType(name: string, expected: string): TypeError {
  return withCode(new TypeError(`The "options.${name}" property must be ${expected}.`), 'ERR_INVALID_ARG_TYPE');
}
