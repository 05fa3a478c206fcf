/**
 * Handshake messages (RFC 8446 §4, RFC 5246 §7.4), each read as the version, and in TLS 1.2 the suite, has it.
 *
 * Which version and suite are spoken is known once a ServerHello was seen. Where none was, the forms that a message can have are tried one after the
 * other: the first that it is, is shown; when it is none, the one that reads furthest.
 */

import {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  type Codec,
  cipherSuiteName,
  clientDhPublic,
  clientEcdhPublic,
  clientPskIdentity,
  DatagramClientHello,
  EncryptedExtensions,
  EndOfEarlyData,
  encryptedPreMasterSecret,
  Finished,
  HANDSHAKE_TYPES,
  HelloVerifyRequest,
  handshakeTypeName,
  KeyUpdate,
  NewConnectionId,
  NewSessionTicket,
  opaqueVector,
  PROTOCOL_VERSIONS,
  RequestConnectionId,
  rest,
  ServerHello,
  serverDhParams,
  serverEcdhParams,
  serverPskHint,
  struct,
  tls12,
  uint8,
  uint16,
  vector,
} from 'foxtls/messages';
import { type Fields, readFields } from './fields.ts';
import { bytesText, type Node } from './node.ts';
import type { Source } from './source.ts';

/** What was agreed on so far. */
export interface Agreed {
  isDatagram: boolean;
  /** The version, as in TLS (DTLS is numbered otherwise); undefined before a ServerHello. */
  version?: number;
  suite?: string | undefined;
}

const HEADER_SIZE = 4;
const TLS13 = PROTOCOL_VERSIONS['TLSv1.3'];
const TLS12 = PROTOCOL_VERSIONS['TLSv1.2'];

const signature = { signature: opaqueVector(0, 0xffff) };
const schemed = { algorithm: uint16, ...signature };

/** Without a scheme, before TLS 1.2 (RFC 4346 §7.4.8, §7.4.4). */
const oldCertificateVerify = struct(signature);
const oldCertificateRequest = struct({
  certificateTypes: vector(uint8, 1, 0xff),
  certificateAuthorities: vector(opaqueVector(1, 0xffff), 0, 0xffff),
});

type AnyCodec = Codec<unknown>;
const codecs = (...all: readonly unknown[]) => all as readonly AnyCodec[];

/** A whole message: header and body. `agreed` learns from it. */
export function readHandshakeMessage(message: Source, agreed: Agreed): Node {
  return describeMessage(message, message.slice(HEADER_SIZE), agreed);
}

/** A message whose body is told apart from what stands before it: over datagrams the header is longer, and comes in fragments. */
export function describeMessage(whole: Source, body: Source, agreed: Agreed): Node {
  const type = whole.bytes[0] as number;
  const name = handshakeTypeName(type) ?? `handshake message of type ${type}`;
  const { nodes, problem, value } = readBody(type, name, body, agreed);
  learn(type, value, agreed);
  return {
    label: value !== undefined && isRetry(value) ? 'hello_retry_request' : name,
    value: bytesText(body.length),
    offset: whole.offsetOf(0),
    bytes: whole.bytes,
    children: nodes,
    ...(problem !== undefined && { problem }),
  };
}

function readBody(type: number, name: string, body: Source, agreed: Agreed): Fields {
  let best: Fields | undefined;
  for (const codec of formsOf(type, agreed)) {
    const fields = readFields(codec, body, name);
    if (fields.problem === undefined) return fields;
    if (best === undefined || extent(fields) > extent(best)) best = fields;
  }
  return best ?? { nodes: [], problem: undefined, value: undefined };
}

/** How far it was read. */
function extent({ nodes }: Fields): number {
  return nodes.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** The forms that a message of this type can have. None for those that nobody knows. */
function formsOf(type: number, agreed: Agreed): readonly AnyCodec[] {
  const is13 = agreed.version === undefined || agreed.version >= TLS13;
  const is12 = agreed.version === undefined || agreed.version === TLS12;
  const isOlder = agreed.version === undefined || agreed.version < TLS12;
  const by = (new13: unknown, of12: unknown, older?: unknown) =>
    codecs(
      ...(is13 ? [new13] : []),
      ...(is12 || (isOlder && older === undefined) ? [of12] : []),
      ...(isOlder && older ? [older] : []),
    );
  switch (type) {
    case HANDSHAKE_TYPES.client_hello:
      return codecs(agreed.isDatagram ? DatagramClientHello.codec : ClientHello.codec);
    case HANDSHAKE_TYPES.certificate:
      return by(Certificate.codec, tls12.Certificate.codec);
    case HANDSHAKE_TYPES.certificate_request:
      return by(CertificateRequest.codec, tls12.CertificateRequest.codec, oldCertificateRequest);
    case HANDSHAKE_TYPES.certificate_verify:
      return by(CertificateVerify.codec, CertificateVerify.codec, oldCertificateVerify);
    case HANDSHAKE_TYPES.new_session_ticket:
      return by(NewSessionTicket.codec, tls12.NewSessionTicket.codec);
    case HANDSHAKE_TYPES.server_key_exchange:
      return serverKeyExchanges(agreed);
    case HANDSHAKE_TYPES.client_key_exchange:
      return clientKeyExchanges(agreed);
    default:
      return SINGLE_FORMS.get(type) ?? [];
  }
}

const SINGLE_FORMS: ReadonlyMap<number, readonly AnyCodec[]> = new Map(
  [
    ServerHello,
    EncryptedExtensions,
    EndOfEarlyData,
    Finished,
    HelloVerifyRequest,
    KeyUpdate,
    NewConnectionId,
    RequestConnectionId,
    tls12.CertificateStatus,
    tls12.HelloRequest,
    tls12.ServerHelloDone,
  ].map(({ type, codec }) => [type, codecs(codec)] as const),
);

/** By the name of the suite, `TLS_DHE_RSA_WITH_…`; all of them where it is not known. */
function exchangeOf({ suite }: Agreed): string | undefined {
  return suite === undefined ? undefined : /^TLS_(\w+?)_WITH_/.exec(suite)?.[1];
}

function serverKeyExchanges(agreed: Agreed): readonly AnyCodec[] {
  const exchange = exchangeOf(agreed);
  const isOld = agreed.version !== undefined && agreed.version < TLS12;
  const ending = exchange !== undefined && /anon|PSK/.test(exchange) ? {} : isOld ? signature : schemed;
  const withParams = (params: unknown) => struct({ params: params as AnyCodec, ...ending });
  const hinted = (params: unknown) => struct({ hint: serverPskHint, params: params as AnyCodec });
  if (exchange === undefined)
    return codecs(withParams(serverEcdhParams), withParams(serverDhParams), serverPskHint, struct({ body: rest }));
  if (/^(RSA_)?PSK$/.test(exchange)) return codecs(serverPskHint);
  const params = exchange.startsWith('EC') ? serverEcdhParams : exchange.startsWith('DH') ? serverDhParams : undefined;
  if (params === undefined) return codecs(struct({ body: rest }));
  return codecs(exchange.includes('PSK') ? hinted(params) : withParams(params));
}

function clientKeyExchanges(agreed: Agreed): readonly AnyCodec[] {
  const exchange = exchangeOf(agreed);
  const after = (inner: unknown) => struct({ identity: clientPskIdentity, exchange: inner as AnyCodec });
  if (exchange === undefined) return codecs(clientEcdhPublic, encryptedPreMasterSecret, struct({ body: rest }));
  const inner = exchange.startsWith('EC')
    ? clientEcdhPublic
    : exchange.startsWith('DH')
      ? clientDhPublic
      : encryptedPreMasterSecret;
  if (exchange === 'PSK') return codecs(clientPskIdentity);
  return codecs(exchange.includes('PSK') ? after(inner) : inner);
}

function isRetry(value: unknown): boolean {
  return (value as { readonly kind?: unknown }).kind === 'hello_retry_request';
}

interface Hello {
  readonly legacyVersion: number;
  readonly cipherSuite: number;
  readonly extensions: { readonly values: { readonly supported_versions?: number } };
}

function learn(type: number, value: unknown, agreed: Agreed): void {
  // Another handshake may follow in the same bytes.
  if (type === HANDSHAKE_TYPES.client_hello) agreed.suite = undefined;
  if (type !== HANDSHAKE_TYPES.server_hello || value === undefined) return;
  const { legacyVersion, cipherSuite, extensions } = value as Hello;
  agreed.version = asTls(extensions.values.supported_versions ?? legacyVersion);
  agreed.suite = cipherSuiteName(cipherSuite);
}

/** The version of TLS that one of DTLS was made after. */
function asTls(version: number): number {
  if (version === PROTOCOL_VERSIONS.DTLSv1) return PROTOCOL_VERSIONS['TLSv1.1'];
  if (version === PROTOCOL_VERSIONS['DTLSv1.2']) return TLS12;
  return version === PROTOCOL_VERSIONS['DTLSv1.3'] ? TLS13 : version;
}
