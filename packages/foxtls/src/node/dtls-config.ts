/**
 * The options of `foxtls/dtls` as configurations of the core, by the contexts of the face of node:tls.
 */

import { createHash } from 'node:crypto';
import type { ClientConfig, ServerConfig } from '../connection/config.ts';
import { utf8 } from '../core/bytes/bytes.ts';
import { PeerIncompatible } from '../core/errors/errors.ts';
import { type Flow, run, settle } from '../core/flow/flow.ts';
import type { ClientHelloInfo } from '../protocol/handshake/config.ts';
import { checkExternalKey } from '../protocol/session/pre-shared-key.ts';
import { parseAlpnProtocols } from './alpn.ts';
import { checkServerIdentity } from './certificate-objects.ts';
import type {
  ClientPsk,
  DtlsConnectOptions,
  DtlsListenOptions,
  DtlsOptions,
  DtlsPsk,
  PskChoice,
  PskLookUp,
  ServerPsk,
  Sni,
  SniChoice,
  SniIdentity,
} from './dtls-types.ts';
import { callbackFailed, withCode } from './errors.ts';
import { createIdentityVerifier } from './identity-verifier.ts';
import {
  type ClientPskCallback,
  checkPskOptions,
  keysByCallback,
  lookUpByCallback,
  type PskNegotiation,
  readKey,
  type ServerPskCallback,
  withLookUp,
} from './psk.ts';
import { createSecureContext, type SecureContext } from './secure-context.ts';
import { refuseUnsupported, type SecureContextOptions } from './secure-context-options.ts';
import { asContext, requireContext } from './server-policy.ts';
import { parseSrtpProfiles } from './srtp-profiles.ts';
import { isVerificationDisabled } from './trust.ts';

/** What a context is made of, and what it would be a contradiction to give beside one. */
const CONTEXT_OPTIONS: readonly string[] = [
  ...['cert', 'key', 'ca', 'crl', 'verifier', 'pfx', 'passphrase', 'ticketKeys', 'sessionTimeout', 'secureOptions'],
  ...['ciphers', 'ecdhCurve', 'sigalgs', 'minVersion', 'maxVersion', 'minDHSize', 'dhparam', 'legacy', 'insecureMacThenEncrypt'],
  ...['insecureNoExtendedMasterSecret', 'keyShareGroups', 'maxFragmentLength'],
];

/** What a config has, and what would be ignored beside one. */
const CONFIG_OPTIONS: readonly string[] = [
  ...CONTEXT_OPTIONS,
  ...[
    'secureContext',
    'alpn',
    'srtp',
    'heartbeat',
    'psk',
    'pskIdentityHint',
    'sni',
    'requestCert',
    'rejectUnauthorized',
    'checkServerIdentity',
  ],
];

const VERSIONS = { DTLSv1: 'TLSv1.1', 'DTLSv1.2': 'TLSv1.2', 'DTLSv1.3': 'TLSv1.3' } as const;

/** Such keys are for SHA-256: of the suites that have it, the one that small devices have. */
const PSK_TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'];

/** Suites of DTLS 1.2 with a pre-shared key: those with forward secrecy first. */
const PSK_SUITES = 'kECDHEPSK+AESGCM:kECDHEPSK+CHACHA20:kECDHEPSK:kDHEPSK:kPSK';

/** Sizes of ticket keys: ours, that of node:tls, and that of node:dtls, which are OpenSSL's. */
const TICKET_KEYS = [48, 80];

export function serverConfigOf(options: DtlsListenOptions): ServerConfig {
  if (options.config !== undefined) {
    refuseBeside(options, 'config', CONFIG_OPTIONS);
    return options.config;
  }
  const { requestCert = false, rejectUnauthorized = true, sni, psk, pskIdentityHint } = options;
  checkPskOptions({ pskIdentityHint });
  if (pskIdentityHint && psk === undefined) throw invalidValue('pskIdentityHint', 'it needs `psk`');
  const traits = {
    alpnProtocols: parseAlpnProtocols(options.alpn),
    clientCertificates: requestCert ? (rejectUnauthorized ? ('require' as const) : ('request' as const)) : ('none' as const),
    pskIdentityHint: pskIdentityHint ? utf8(pskIdentityHint) : undefined,
  };
  const context = contextOf(options, psk === undefined ? 'none' : 'beside');
  const spoken = spokenOf(options);
  const names = new NamesServed(sni, (chosen) => ({ ...chosen.serverConfig(traits), ...spoken }));
  const selectConfig = sni && ((hello: ClientHelloInfo) => names.select(hello));
  const config = { ...context.serverConfig({ ...traits, selectConfig }), ...spoken };
  return psk === undefined ? config : withLookUp(config, lookUpByCallback(undefined as never, findKeyIn(psk)));
}

export interface ClientIdentity {
  /** What the server is verified as. */
  readonly hostname: string;
}

export function clientConfigOf(options: DtlsConnectOptions, { hostname }: ClientIdentity): ClientConfig {
  if (options.config !== undefined) {
    refuseBeside(options, 'config', CONFIG_OPTIONS);
    return options.config;
  }
  const rejectUnauthorized =
    options.rejectUnauthorized === undefined ? !isVerificationDisabled() : options.rejectUnauthorized !== false;
  const { psk } = options;
  const onlyPsk = options.ca === undefined && options.pfx === undefined;
  const context = contextOf(options, psk === undefined ? 'none' : onlyPsk ? 'alone' : 'beside');
  if (context.verifier !== undefined) refuseBeside(options, 'verifier', ['checkServerIdentity']);
  const config = context.clientConfig(parseAlpnProtocols(options.alpn), rejectUnauthorized);
  const verifier = createIdentityVerifier({
    chainVerifier: config.verifier,
    hostname,
    checkServerIdentity: options.checkServerIdentity ?? checkServerIdentity,
    decidesNames: context.verifier !== undefined,
    rejectUnauthorized,
  });
  return {
    ...config,
    ...spokenOf(options),
    verifier,
    ...(psk !== undefined && keysByCallback(undefined as never, chooseKey(psk))),
  };
}

/** What contexts know nothing of. */
function spokenOf({ srtp, heartbeat }: DtlsOptions): Partial<Pick<ServerConfig, 'srtpProfiles' | 'heartbeat'>> {
  return {
    ...(srtp !== undefined && { srtpProfiles: parseSrtpProfiles(srtp) }),
    ...(heartbeat === true && { heartbeat: 'peer_allowed_to_send' }),
  };
}

/** The context: that of the options, or one made of them. `psk`: whether suites with a pre-shared key are added, or are all there are. */
function contextOf(options: DtlsListenOptions | DtlsConnectOptions, psk: 'none' | 'beside' | 'alone'): SecureContext {
  if (options.secureContext !== undefined) {
    refuseBeside(options, 'secureContext', CONTEXT_OPTIONS);
    return requireContext(options.secureContext);
  }
  return createSecureContext(contextOptions(options, psk));
}

function contextOptions(options: DtlsListenOptions | DtlsConnectOptions, psk: 'none' | 'beside' | 'alone'): SecureContextOptions {
  refuseUnsupported({ ...options, minVersion: undefined, maxVersion: undefined });
  if ((options as { enableTrace?: unknown }).enableTrace) throw invalidValue('enableTrace', 'sessions have no trace');
  const { minVersion, maxVersion, ciphers } = options;
  const { ticketKeys } = options as DtlsListenOptions;
  const suites = ciphers ?? pskCiphers(psk);
  return {
    ...(options as Omit<DtlsOptions, 'minVersion' | 'maxVersion'>),
    minVersion: minVersion && versionOf(minVersion),
    maxVersion: maxVersion && versionOf(maxVersion),
    ...(suites !== undefined && { ciphers: suites }),
    ...(ticketKeys !== undefined && { ticketKeys: readTicketKeys(ticketKeys) }),
  } as SecureContextOptions;
}

function pskCiphers(psk: 'none' | 'beside' | 'alone'): string | undefined {
  if (psk === 'none') return undefined;
  return [...PSK_TLS13_SUITES, ...(psk === 'beside' ? ['DEFAULT'] : []), PSK_SUITES].join(':');
}

function versionOf(version: string): (typeof VERSIONS)[keyof typeof VERSIONS] {
  if (Object.hasOwn(VERSIONS, version)) return VERSIONS[version as keyof typeof VERSIONS];
  const message = `${JSON.stringify(version)} is not a version of DTLS: ${Object.keys(VERSIONS).join(', ')} are`;
  throw withCode(new TypeError(message), 'ERR_TLS_INVALID_PROTOCOL_VERSION');
}

function readTicketKeys(keys: NodeJS.ArrayBufferView): Buffer {
  if (!ArrayBuffer.isView(keys)) throw invalidType('ticketKeys', 'an instance of Buffer, TypedArray, or DataView');
  const bytes = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  if (!TICKET_KEYS.includes(bytes.length)) throw invalidValue('ticketKeys', `${TICKET_KEYS.join(' or ')} bytes are expected`);
  return bytes.length === TICKET_KEYS[0] ? bytes : createHash('sha384').update(bytes).digest();
}

// ---- Names ----

/** Which identity a name is served with. Contexts that are made of options are made once where they are enumerated. */
class NamesServed {
  readonly #sni: Sni | undefined;
  readonly #toConfig: (context: SecureContext) => ServerConfig;
  readonly #configs = new Map<SniIdentity, ServerConfig>();
  readonly #contexts = new WeakMap<SecureContext, ServerConfig>();

  constructor(sni: Sni | undefined, toConfig: (context: SecureContext) => ServerConfig) {
    this.#sni = sni;
    this.#toConfig = toConfig;
    if (sni === undefined || typeof sni === 'function') return;
    if (typeof sni !== 'object' || sni === null) throw invalidType('sni', 'of type object or function');
    // What is wrong with one of them should be known now.
    for (const identity of Object.values(sni)) this.#configs.set(identity, toConfig(identityContext(identity)));
  }

  /** Throws `PeerIncompatible` for a name that nobody is served by. */
  select(hello: ClientHelloInfo): ReturnType<NonNullable<ServerConfig['selectConfig']>> {
    return run(this.#select(hello.serverName));
  }

  *#select(name: string | undefined): Flow<ServerConfig> {
    const sni = this.#sni as Sni;
    const found =
      typeof sni === 'function'
        ? yield* this.#ask(sni as SniChoice, name)
        : this.#configs.get(findName(sni, name) as SniIdentity);
    if (found !== undefined) return found;
    throw new PeerIncompatible(
      'server_name',
      typeof sni === 'function' ? [] : Object.keys(sni),
      name === undefined ? [] : [name],
    );
  }

  *#ask(sni: SniChoice, name: string | undefined): Flow<ServerConfig | undefined> {
    try {
      const identity = yield* settle(sni(name));
      if (identity === undefined || identity === null) return undefined;
      const context = identityContext(identity);
      const known = this.#contexts.get(context);
      const config = known ?? this.#toConfig(context);
      this.#contexts.set(context, config);
      return config;
    } catch (thrown) {
      throw callbackFailed('sni', thrown);
    }
  }
}

function identityContext(identity: SniIdentity): SecureContext {
  return asContext('context' in identity ? identity : contextOptions(identity as DtlsConnectOptions, 'none'));
}

/** By the name itself, in small letters, or `*`. */
function findName(names: Readonly<Record<string, SniIdentity>>, name: string | undefined): SniIdentity | undefined {
  if (name !== undefined && Object.hasOwn(names, name)) return names[name];
  const lowered = name?.toLowerCase();
  const alike = Object.keys(names).find((candidate) => candidate.toLowerCase() === lowered);
  return alike !== undefined ? names[alike] : Object.hasOwn(names, '*') ? names['*'] : undefined;
}

// ---- Pre-shared keys ----

function findKeyIn(psk: ServerPsk): ServerPskCallback {
  if (typeof psk === 'function') return (_socket: unknown, identity: string) => run(askServer(psk as PskLookUp, identity));
  if (typeof psk !== 'object' || psk === null) throw invalidType('psk', 'of type object or function');
  for (const [identity, key] of Object.entries(psk)) {
    if (!ArrayBuffer.isView(key))
      throw invalidType(`psk[${JSON.stringify(identity)}]`, 'an instance of Buffer, TypedArray, or DataView');
    checkExternalKey({ key: readKey(key) });
  }
  const keys = new Map(Object.entries(psk));
  return (_socket: unknown, identity: string) => keys.get(identity);
}

function* askServer(psk: PskLookUp, identity: string): Flow<Awaited<ReturnType<ServerPskCallback>>> {
  const answer = yield* settle(psk(identity));
  if (answer === undefined || answer === null || ArrayBuffer.isView(answer)) return answer;
  return { psk: answer.key, insecureShortKey: answer.insecureShortKey };
}

function chooseKey(psk: ClientPsk): ClientPskCallback {
  if (typeof psk === 'function') return (hint: string | null) => run(askClient(psk as PskChoice, hint));
  if (typeof psk !== 'object' || psk === null) throw invalidType('psk', 'of type object or function');
  if (typeof psk.identity !== 'string') throw invalidType('psk.identity', 'of type string');
  if (!ArrayBuffer.isView(psk.key)) throw invalidType('psk.key', 'an instance of Buffer, TypedArray, or DataView');
  checkExternalKey({ key: readKey(psk.key), insecureShortKey: psk.insecureShortKey });
  return () => negotiationOf(psk);
}

function* askClient(psk: PskChoice, hint: string | null): Flow<PskNegotiation | undefined> {
  const answer = yield* settle(psk(hint));
  return answer === undefined || answer === null ? undefined : negotiationOf(answer);
}

function negotiationOf({ identity, key, insecureShortKey }: DtlsPsk) {
  return { identity, psk: key, insecureShortKey };
}

/** Throws `ERR_INVALID_ARG_VALUE` for options that would be ignored beside another one. */
export function refuseBeside(options: object, which: string, names: readonly string[]): void {
  const doubled = names.find((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (doubled !== undefined) throw invalidValue(doubled, `it cannot be given beside \`${which}\`, which has its own`);
}

export function invalidType(name: string, expected: string): TypeError {
  return withCode(new TypeError(`The "options.${name}" property must be ${expected}.`), 'ERR_INVALID_ARG_TYPE');
}

export function invalidValue(name: string, problem: string): TypeError {
  return withCode(new TypeError(`The property 'options.${name}' is invalid: ${problem}`), 'ERR_INVALID_ARG_VALUE');
}
