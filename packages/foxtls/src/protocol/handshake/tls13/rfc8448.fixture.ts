/**
 * The traces of RFC 8448, replayed: providers that draw from the recorded pools, signers and verifiers of the recorded keys.
 *
 * The data is `vectors/rfc8448/transcripts.vec`: sections in brackets, and in each lines of `name = hexadecimal`.
 * A replayed end makes every decision itself; what stands here is what the recorded implementation had and ours has not: groups that
 * are only announced, signature schemes that nobody signs with, and extensions of TLS 1.2.
 */

import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineClientConfig, defineServerConfig, type ServerOptions } from '../../../connection/config.ts';
import { concat, equal, fromHex, toHex } from '../../../core/bytes/bytes.ts';
import { isThenable } from '../../../core/flow/flow.ts';
import { CONTENT_TYPES } from '../../../core/registry/content-types.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { NAMED_GROUPS } from '../../../core/registry/named-groups.ts';
import { decode } from '../../../core/wire/codec.ts';
import type { KeyExchangeGroup, RandomSource } from '../../../crypto/key-exchange.ts';
import { type PeerVerifier, peerVerified } from '../../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { KeyType, Signer } from '../../../crypto/signature.ts';
import { certificate } from '../../messages/certificate.ts';
import type { RawExtension } from '../../messages/extensions/block.ts';
import { HEADER_SIZE } from '../../messages/messages.ts';
import { serverHello } from '../../messages/server-hello.ts';
import { availableCipherSuites } from '../../negotiate/cipher-suites.ts';
import { type SignatureScheme, TLS13_SIGNATURE_SCHEMES } from '../../negotiate/signature-schemes.ts';
import type { RecordProtection } from '../../record/record-protection.ts';
import { Tls13Protection } from '../../record/tls13-protection.ts';
import type { Sealer } from '../../session/sealer.ts';
import type { ClientConfig, ServerConfig } from '../config.ts';
import type { Credential } from '../credential.ts';

/** The part of the vectors that holds the traces. */
export const TRACES = 'rfc8448/transcripts.vec';

/** One section of the file. */
export class Trace {
  readonly #lines = new Map<string, string>();

  add(name: string, value: string): void {
    this.#lines.set(name, value);
  }

  has(name: string): boolean {
    return this.#lines.has(name);
  }

  bytes(name: string): Uint8Array {
    return fromHex(this.#text(name));
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return Number(this.#text('CurrentTimestamp'));
  }

  #text(name: string): string {
    const text = this.#lines.get(name);
    if (text === undefined) throw new Error(`the trace has no ${name}`);
    return text;
  }
}

/** The sections of the file, by name. */
export function readTraces(path: string): ReadonlyMap<string, Trace> {
  const traces = new Map<string, Trace>();
  let trace = new Trace();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const section = /^\[(.*)\]/.exec(line);
    const field = /^(\w+) *= *(.*)$/.exec(line);
    if (section !== null) {
      trace = new Trace();
      traces.set(section[1] as string, trace);
    } else if (field !== null) {
      trace.add(field[1] as string, field[2] as string);
    }
  }
  return traces;
}

/** Random bytes that were recorded, given out in order. */
export class Pool {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  readonly draw: RandomSource = (length) => {
    if (length > this.left) throw new Error(`${length} random bytes wanted, ${this.left} were recorded`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  };
}

// ---- Groups and schemes ----

/** The recorded implementation's groups in the order of §3, §6 and §7; §5 has the first three only. */
const ANNOUNCED_GROUPS = [
  'x25519',
  'secp256r1',
  'secp384r1',
  'secp521r1',
  'ffdhe2048',
  'ffdhe3072',
  'ffdhe4096',
  'ffdhe6144',
  'ffdhe8192',
] as const;

/** A group that is announced and never agreed on. */
function announcedOnly(name: (typeof ANNOUNCED_GROUPS)[number]): KeyExchangeGroup {
  const refuse = () => {
    throw new Error(`${name} is not in the trace`);
  };
  return { name, id: NAMED_GROUPS[name], start: refuse, respond: refuse };
}

function replayGroups(parts: CryptoProvider): readonly KeyExchangeGroup[] {
  return ANNOUNCED_GROUPS.map((name) => parts.groups.find((group) => group.name === name) ?? announcedOnly(name));
}

/**
 * The groups of §5's server: P-256, P-384, X25519. It asks for P-256 although it was sent a share of X25519, because it goes by its own
 * order; ours saves the round trip wherever it can. So X25519 is hidden from it until P-256 was agreed on, and then announced.
 */
function groupsThatForceRetry([x25519, ...preferred]: readonly KeyExchangeGroup[]): readonly KeyExchangeGroup[] {
  let agreed = false;
  const watched = preferred.map((group): KeyExchangeGroup => {
    return {
      ...group,
      respond(share, random) {
        agreed = true;
        return group.respond(share, random);
      },
    };
  });
  const hidden = {
    ...(x25519 as KeyExchangeGroup),
    get id() {
      return agreed ? NAMED_GROUPS.x25519 : 0;
    },
  };
  return [...watched, hidden];
}

/** The signature_algorithms of every trace; those that ours does not have are only announced. */
const SCHEMES: readonly SignatureScheme[] = [
  0x0403, 0x0503, 0x0603, 0x0203, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0402, 0x0502, 0x0602, 0x0202,
].map((id) => TLS13_SIGNATURE_SCHEMES.find((scheme) => scheme.id === id) ?? schemeInName(id));

function schemeInName(id: number): SignatureScheme {
  return {
    id,
    name: `0x${toHex(Uint8Array.of(id >> 8, id))}`,
    algorithm: { kind: 'ed448' },
    key: { kind: 'ed448' },
    signsHandshakes: false,
  };
}

/** What every ClientHello and every EncryptedExtensions of the traces has as record_size_limit. */
const RECORD_SIZE_LIMIT = 16385;
const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'];

// ---- Credentials and verifiers ----

const RSA_1024: KeyType = { kind: 'rsa', bits: 1024 };
const P256: KeyType = { kind: 'ec', curve: 'secp256r1' };

/** Answers the recorded message with the recorded signature, and any other not at all. */
function recordedSigner(trace: Trace, side: 'Server' | 'Client', type: KeyType): Signer {
  return {
    type,
    sign(_algorithm, message) {
      if (!equal(message, trace.bytes(`${side}_MessageToSign`))) throw new Error(`another message to sign: ${toHex(message)}`);
      return trace.bytes(`${side}_MessageSignature`);
    },
  };
}

function serverCredential(trace: Trace): Credential {
  const message = trace.bytes('Message_Server_Certificate');
  const { certificateList } = decode(certificate, message.subarray(HEADER_SIZE), 'certificate');
  const chain = certificateList.map(({ certData }) => certData);
  const type = publicKeyOf(chain[0] as Uint8Array).asymmetricKeyType === 'rsa' ? RSA_1024 : P256;
  return { kind: 'x509', chain, signer: recordedSigner(trace, 'Server', type) };
}

/** The client's certificate of §6, which is in a file of its own. */
export function clientCredential(trace: Trace, path: string): Credential {
  const { raw } = new X509Certificate(readFileSync(join(path, '..', 'client_certificate.pem')));
  return { kind: 'x509', chain: [new Uint8Array(raw)], signer: recordedSigner(trace, 'Client', RSA_1024) };
}

function publicKeyOf(certificateDer: Uint8Array) {
  return createPublicKey(new X509Certificate(certificateDer).publicKey.export({ format: 'pem', type: 'spki' }));
}

/** Takes any certificate: RSA with 1024 bits and an issuer that nobody knows are not what the traces are about. */
const takesAnyCertificate: PeerVerifier = {
  verify({ presented }) {
    if (presented.kind !== 'x509') throw new Error('no certificate');
    const spki = publicKeyOf(presented.certificates[0] as Uint8Array).export({ format: 'der', type: 'spki' });
    return peerVerified({ publicKey: new Uint8Array(spki), mayDigitallySign: true, path: [] });
  },
};

// ---- The two ends ----

export interface ReplaySettings {
  /** How many of the announced groups are offered: three in §5. */
  readonly groupCount?: number;
  /** Extensions that ours does not send, by type. `padding` is given for the hello it belongs to. */
  readonly added?: (second: boolean) => readonly RawExtension[];
}

/** The order of extensions in every ClientHello of the traces. */
const EXTENSION_ORDER: readonly number[] = [
  EXTENSION_TYPES.server_name,
  EXTENSION_TYPES.renegotiation_info,
  EXTENSION_TYPES.supported_groups,
  EXTENSION_TYPES.session_ticket,
  EXTENSION_TYPES.key_share,
  EXTENSION_TYPES.early_data,
  EXTENSION_TYPES.supported_versions,
  EXTENSION_TYPES.signature_algorithms,
  EXTENSION_TYPES.cookie,
  EXTENSION_TYPES.psk_key_exchange_modes,
  EXTENSION_TYPES.record_size_limit,
  EXTENSION_TYPES.padding,
];

export function replayClient(
  parts: CryptoProvider,
  trace: Trace,
  pool: Pool,
  { groupCount = ANNOUNCED_GROUPS.length, added = () => [] }: ReplaySettings = {},
  credentials: readonly Credential[] = [],
): ClientConfig {
  const groups = replayGroups(parts).slice(0, groupCount);
  const hasSessionId = trace.bytes('Record_ClientHello_1')[43] !== 0;
  const config = defineClientConfig({
    provider: { ...parts, random: pool.draw, groups },
    groups: groups.map(({ name }) => name),
    cipherSuites: SUITES,
    verifier: takesAnyCertificate,
    credentials,
    recordSizeLimit: RECORD_SIZE_LIMIT,
    middleboxCompatibility: hasSessionId,
    now: () => trace.now,
    shapeClientHello(ours) {
      const second = ours.some(({ type }) => type === EXTENSION_TYPES.cookie);
      const renegotiationInfo = { type: EXTENSION_TYPES.renegotiation_info, data: Uint8Array.of(0) };
      const all = [...ours, renegotiationInfo, ...added(second)];
      return all.sort((a, b) => EXTENSION_ORDER.indexOf(a.type) - EXTENSION_ORDER.indexOf(b.type));
    },
  });
  return { ...config, signatureSchemes: SCHEMES };
}

export function replayServer(
  parts: CryptoProvider,
  trace: Trace,
  pool: Pool,
  options: Partial<ServerOptions> & { readonly groupCount?: number; readonly forceRetry?: boolean },
): ServerConfig {
  const { groupCount = ANNOUNCED_GROUPS.length, forceRetry = false, ...others } = options;
  const announced = replayGroups(parts).slice(0, groupCount);
  const groups = forceRetry ? groupsThatForceRetry(announced) : announced;
  const config = defineServerConfig({
    provider: { ...parts, random: pool.draw, groups },
    groups: groups.map(({ name }) => name),
    cipherSuites: SUITES,
    credentials: trace.has('Message_Server_Certificate') ? [serverCredential(trace)] : [],
    announceGroups: true,
    recordSizeLimit: RECORD_SIZE_LIMIT,
    tickets: 0,
    ticketSealer: sealsInto(new Uint8Array(0)),
    verifier: takesAnyCertificate,
    now: () => trace.now,
    ...others,
  });
  // The server of the examples acknowledges the name that it is asked for: it has chosen by it.
  const named: ServerConfig = { ...config, signatureSchemes: SCHEMES, selectConfig: () => named };
  return named;
}

/** A sealer that seals whatever it is given into the recorded text, and opens that to what it was given. */
export function sealsInto(recorded: Uint8Array, plaintext?: Uint8Array): Sealer {
  let inside = plaintext;
  return {
    seal(given) {
      inside = given;
      return recorded;
    },
    open: (sealed) => (equal(sealed, recorded) ? inside : undefined),
  };
}

/** What X25519 agrees on: the client's key out of its pool, behind its random, with the share in the server's hello. */
export function sharedSecretOf(parts: CryptoProvider, trace: Trace): Uint8Array {
  const pool = new Pool(trace.bytes('Client_RNG_Pool').subarray(32));
  const exchange = parts.groups.find(({ name }) => name === 'x25519')?.start(pool.draw);
  const hello = decode(serverHello, trace.bytes('Message_ServerHello').subarray(HEADER_SIZE), 'server_hello');
  const share = hello.kind === 'server_hello' ? hello.extensions.values.key_share : undefined;
  if (exchange === undefined || isThenable(exchange) || share === undefined) throw new Error('no share');
  return exchange.finish(share.keyExchange) as Uint8Array;
}

// ---- Records, by hand ----

const RECORD_HEADER_SIZE = 5;
const TLS13_LABELS = 'tls13 ';

/** Record protection under TLS_AES_128_GCM_SHA256, which every trace chose. */
export function protectionOf(parts: CryptoProvider, secret: string | Uint8Array): RecordProtection {
  const suite = availableCipherSuites(parts).find(({ name }) => name === 'TLS_AES_128_GCM_SHA256');
  if (suite === undefined) throw new Error('the provider has no AES-128-GCM');
  return new Tls13Protection(suite, TLS13_LABELS, typeof secret === 'string' ? fromHex(secret) : secret.slice());
}

/** The server's application data keys of a trace, at sequence number 0. */
export function serverTrafficSecret(parts: CryptoProvider, section: string): RecordProtection {
  return protectionOf(parts, SECRETS[section]?.['SERVER_TRAFFIC_SECRET_0'] as string);
}

/** The content of one whole record; throws when it is not authentic or of another type. */
export function openRecord(protection: RecordProtection, record: Uint8Array, type: number): Uint8Array {
  const inner = protection.open(record.subarray(0, RECORD_HEADER_SIZE), record.subarray(RECORD_HEADER_SIZE));
  if (inner === undefined || inner.at(-1) !== type) throw new Error(`not a record of type ${type}`);
  return inner.subarray(0, -1);
}

export function sealRecord(protection: RecordProtection, content: Uint8Array, type: number): Uint8Array {
  const length = protection.sealedLength(content.length + 1);
  const header = Uint8Array.of(CONTENT_TYPES.application_data, 3, 3, length >> 8, length & 0xff);
  const pieces = [header];
  protection.seal(header, [content, Uint8Array.of(type)], pieces);
  return concat(...pieces);
}

// ---- What the text of RFC 8448 says beyond the records ----

/** A line of the key log by its label. */
export type Secrets = Readonly<Record<string, string>>;

/** "derive secret …", of the server, or of the client where only that is printed. */
export const SECRETS: Readonly<Record<string, Secrets>> = {
  Simple_1RTT_Handshake: {
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21',
    SERVER_HANDSHAKE_TRAFFIC_SECRET: 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38',
    CLIENT_TRAFFIC_SECRET_0: '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5',
    SERVER_TRAFFIC_SECRET_0: 'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643',
    EXPORTER_SECRET: 'fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50',
  },
  HelloRetryRequest_Handshake: {
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: '158aa7ab8855073582b41d674b4055cabcc534728f659314861b4e08e2011566',
    SERVER_HANDSHAKE_TRAFFIC_SECRET: '3403e781e2af7b6508da28574f6e95a1abf162de83a97927c37672a4a0cef8a1',
    CLIENT_TRAFFIC_SECRET_0: '75ecf4b972525aa0dcd057c9944d4cd5d82671d8843141d7dc2a4ff15a21dc51',
    SERVER_TRAFFIC_SECRET_0: '5c74f87df04225db0f8209c9de6429e49435fdefa7cad61864874d12f31cfc8d',
    EXPORTER_SECRET: '7c06d3ae106a3a374ace4837b3985cac67780a6e2c5c04b58319d584df09d223',
  },
  Client_Authentication_Handshake: {
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: 'cec7a30c6872070f22a7eeb065768db67c45e29533db879908ce6dc66f5911de',
    SERVER_HANDSHAKE_TRAFFIC_SECRET: '8b02d3c00442a2722c4098ebe8675b23e801510f0d7ed778d8eb0b8f42a19a5e',
    CLIENT_TRAFFIC_SECRET_0: '73c2e890fa8d067258d6d50fa92fe456b098cf00d9727eed91e8892ef4e6f860',
    SERVER_TRAFFIC_SECRET_0: 'c49a91faf57f8c545d5048a015bf849ff63942e4a7edcd319f8b438a97c52e21',
    EXPORTER_SECRET: '052e39795e5f2be6e4e0974cfdd86c6a7afe3e57e5589810a3cccf642958beb2',
  },
  Middlebox_Compatibility_Mode: {
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: '2c3cb24a1081edb59518ee6861e89a6b72b3801afe7713e4cbbc21c0795bf831',
    SERVER_HANDSHAKE_TRAFFIC_SECRET: 'cace3d555cc1c577cf970cff28cf978d6a9800085442e18d695b50f3151d18c8',
    CLIENT_TRAFFIC_SECRET_0: '743e4c6b56cf3909d1b06d01956ccd2c4b37758449aec41d98dae44924eaa299',
    SERVER_TRAFFIC_SECRET_0: 'b6b8144aa335ed3059c0c9c8f0ecabf7afc94af6643bdecdfd9210188fab7451',
    EXPORTER_SECRET: 'fb69121cea334db459e12272d179baca2369b643d11a6ac72b8b27a5c964feb1',
  },
};
