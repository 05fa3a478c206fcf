/**
 * What a key exchange of TLS 1.2 is (RFC 5246 §7.4.3, §7.4.7): what ServerKeyExchange and ClientKeyExchange hold, and the premaster
 * secret that comes of them. The flows know no more of them than this; a suite holds the one that it is named for.
 *
 * ```
 *   server: start ─▶ params ──────ServerKeyExchange──────▶ client: answer ─▶ body, premaster secret
 *   server: finish(body) ─▶ premaster secret ◀──ClientKeyExchange── body
 * ```
 */

import type { Reader } from '../../../core/wire/reader.ts';
import type { FiniteFieldParameters } from '../../../crypto/finite-field.ts';
import type { Decrypter } from '../../../crypto/key-encryption.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { PublicKey } from '../../../crypto/signature.ts';
import type { HandshakeFlow } from '../receive.ts';

/** What both sides have for a key exchange. */
interface CommonParts {
  readonly provider: CryptoProvider;
  readonly groups: readonly KeyExchangeGroup[];
  /** The number of the newest version that the ClientHello offered, as it stood there. */
  readonly clientVersion: number;
}

/** What a server has. */
export interface ServerParts extends CommonParts {
  /** supported_groups of the client; undefined when it said nothing of them. */
  readonly clientGroups: readonly number[] | undefined;
  /** The private key of our certificate, where it does more than sign. */
  readonly decrypter: Decrypter | undefined;
  /** Our own parameters of DHE; undefined for those of RFC 7919. */
  readonly diffieHellmanParameters: FiniteFieldParameters | undefined;
  /** Undefined for a server that has no such keys. */
  readonly preSharedKeys: ServerKeys | undefined;
}

/** The pre-shared keys of a server. */
export interface ServerKeys {
  /** What clients are told, to choose their key by; undefined for nothing. */
  readonly hint: Uint8Array | undefined;
  /** The key of an identity; undefined for one that is not known. */
  find(identity: Uint8Array): HandshakeFlow<Uint8Array | undefined>;
}

/** What a client has. */
export interface ClientParts extends CommonParts {
  /** Of the server's certificate, if it showed one. */
  readonly serverKey: PublicKey | undefined;
  /** What the prime of DHE has at least. */
  readonly minDiffieHellmanBits: number;
  /** The key to use for the server's hint; undefined for none. */
  choosePreSharedKey(hint: Uint8Array | undefined): HandshakeFlow<NamedKey | undefined>;
}

/** A pre-shared key and the name of it. */
export interface NamedKey {
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
}

/** What both sides have in the end. */
export interface AgreedSecret {
  readonly premasterSecret: Uint8Array;
  /** The identity of the pre-shared key that is in it: who knows the secret, has the key. */
  readonly pskIdentity?: Uint8Array | undefined;
}

/** The server's half in progress. */
export interface ServerKeyExchange {
  /** The parameters, as they stand in ServerKeyExchange, and are signed; undefined when there is nothing to say. */
  readonly params: Uint8Array | undefined;
  /** IANA number of the group. */
  readonly group: number | undefined;
  /** The premaster secret, with the body of ClientKeyExchange. */
  finish(body: Uint8Array): HandshakeFlow<AgreedSecret>;
}

/** The client's half. */
export interface ClientKeyExchange extends AgreedSecret {
  readonly group: number | undefined;
  /** The body of ClientKeyExchange. */
  readonly body: Uint8Array;
}

export interface KeyExchangeMethod<Params = unknown> {
  /** As it stands in the names of suites. */
  readonly name: string;
  /**
   * What the key of the server's certificate is for: it signs the parameters, or it is the server's part of the exchange. `unused` where
   * there is no certificate: a pre-shared key proves the server, or nothing does.
   */
  readonly certificateKey: 'signs' | 'decrypts' | 'agrees' | 'unused';
  /** Whether a pre-shared key proves both sides. */
  readonly usesPreSharedKey: boolean;
  /** Whether there is a ServerKeyExchange. */
  readonly serverKeyExchange: 'always' | 'sometimes' | 'never';
  /** Whether a provider has what it takes. */
  isAvailable(provider: CryptoProvider): boolean;
  /** Server: whether there is something to begin with. The certificate, and its key, are not asked about. */
  isPossible(parts: Omit<ServerParts, 'decrypter' | 'clientVersion'>): boolean;
  /** Server: begins. */
  start(parts: ServerParts): HandshakeFlow<ServerKeyExchange>;
  /** Client: reads the parameters, which are at the beginning of ServerKeyExchange. */
  readParams(reader: Reader): Params;
  /** Client: answers them; undefined when there were none. Throws `PeerMisbehaved` for those that were not offered, or are not valid. */
  answer(parts: ClientParts, params: Params | undefined): HandshakeFlow<ClientKeyExchange>;
}
