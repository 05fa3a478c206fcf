/**
 * Renegotiation as a connection sees it: who may begin one, how often, and what the next handshake has to know of those before it
 * (RFC 5246 §7.4.1.1, RFC 5746 §4.2, §4.4, RFC 7627 §5.4).
 *
 * Only bookkeeping is here: the rules of the hellos are in protocol/handshake/tls12/renegotiation.ts. Without secure renegotiation, or
 * without extended_master_secret, there is none, whoever asks.
 */

import { ApiMisuse, LimitExceeded } from '../core/errors/errors.ts';
import type { ClientConfig, Limits, ServerConfig } from '../protocol/handshake/config.ts';
import type { Established } from '../protocol/handshake/established.ts';
import { ANONYMOUS, type PeerIdentity } from '../protocol/handshake/peer-identity.ts';
import type { PreviousHandshake } from '../protocol/handshake/tls12/renegotiation.ts';
import type { Tls12ClientSession } from '../protocol/session/client-session.ts';

/** What a peer may begin; what we begin ourselves is another matter. */
export type RenegotiationPolicy = 'refuse' | 'accept';

export interface RenegotiationOptions {
  /**
   * Go on with the session: new keys, and nobody proves again who he is. A client offers its session, a server lets the client do so; where
   * one of them does not, the handshake is a full one all the same. Default false.
   */
  readonly resume?: boolean | undefined;
  /**
   * The config from now on, for what is in the hellos and who is trusted: to ask the client for a certificate, say, that it was not asked for
   * before. Limits, record sizes and stores stay those of the first. Default: as before.
   */
  readonly config?: ClientConfig | ServerConfig | undefined;
}

/** A handshake that is not the first. */
export interface NextHandshake {
  readonly previous: PreviousHandshake;
  readonly config: ClientConfig | ServerConfig | undefined;
  /** Client: to be offered. */
  readonly session: Tls12ClientSession | undefined;
}

/** Milliseconds without a renegotiation by the peer, after which those before are forgotten; Node's CLIENT_RENEG_WINDOW. */
const WINDOW = 600_000;

export class Renegotiations {
  policy: RenegotiationPolicy;
  /** Server: what we asked for with a HelloRequest that is not answered yet. */
  asked: RenegotiationOptions | undefined;
  /** Client: our ClientHello is not answered yet. */
  unanswered = false;
  readonly #limit: number;
  readonly #now: () => number;
  #config: ClientConfig | ServerConfig | undefined;
  #peer: PeerIdentity = ANONYMOUS;
  #begun = false;
  #begunByPeer = 0;
  #lastByPeer = 0;

  constructor(policy: RenegotiationPolicy, { renegotiations }: Limits, now: () => number) {
    this.policy = policy;
    this.#limit = renegotiations;
    this.#now = now;
  }

  /** Whether the peer may begin one, or there was one: for what does not go with renegotiation. */
  get isEnabled(): boolean {
    return this.#begun || this.policy === 'accept';
  }

  /** Whether the peer can still say no. */
  get isUndecided(): boolean {
    return this.asked !== undefined || this.unanswered;
  }

  /** Throws `ApiMisuse` where we cannot begin one. */
  check(role: 'client' | 'server', established: Established, isRunning: boolean, { config }: RenegotiationOptions): void {
    const obstacle = obstacleOf(established);
    if (obstacle !== undefined) throw obstacle;
    // "After sending a HelloRequest, servers SHOULD NOT repeat the request until the subsequent handshake negotiation is complete."
    // (RFC 5246 §7.4.1.1)
    if (isRunning || this.asked !== undefined) {
      throw new ApiMisuse('ERR_TLS_RENEGOTIATING', 'a renegotiation is on its way: wait for its end');
    }
    if (config === undefined) return;
    if (config.role !== role) throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the config of a ${config.role} for a ${role}`);
    if (!config.versions.includes(established.version)) {
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the config does not have ${established.version}, which the connection keeps`);
    }
  }

  /** Whether the peer may begin one now. Throws `LimitExceeded` when it did so too often. */
  admits(established: Established): boolean {
    if (this.policy !== 'accept' || obstacleOf(established) !== undefined) return false;
    const now = this.#now();
    if (now - this.#lastByPeer >= WINDOW) this.#begunByPeer = 0;
    this.#lastByPeer = now;
    if (++this.#begunByPeer <= this.#limit) return true;
    const problem = `the peer began more than ${this.#limit} renegotiations, with less than ten minutes between them`;
    throw new LimitExceeded('renegotiations', problem, 'unexpected_message');
  }

  /** What the handshake after this one is bound to. */
  begin(established: Established, { resume = false, config }: RenegotiationOptions): NextHandshake {
    this.#begun = true;
    this.asked = undefined;
    this.#config = config ?? this.#config;
    if (established.peer.kind !== 'anonymous') this.#peer = established.peer;
    const { version, clientFinished, serverFinished, serverName, macThenEncrypt = false } = established;
    const known = { version, clientFinished, serverFinished, serverName, macThenEncrypt, peer: this.#peer };
    const session = resume ? established.session?.session : undefined;
    return { previous: { ...known, mayResume: resume }, config: this.#config, session };
  }
}

/** Why a connection cannot be renegotiated, ever. */
function obstacleOf({ version, secureRenegotiation, extendedMasterSecret }: Established): ApiMisuse | undefined {
  if (version === 'TLSv1.3') return new ApiMisuse('ERR_TLS_NO_RENEGOTIATION', 'TLS 1.3 has no renegotiation: see updateKeys');
  // "It is RECOMMENDED that servers not permit legacy renegotiation." (RFC 5746 §4.4) Nor do we as a client.
  const missing =
    secureRenegotiation !== true ? 'renegotiation_info' : extendedMasterSecret ? undefined : 'extended_master_secret';
  if (missing === undefined) return undefined;
  return new ApiMisuse(
    'ERR_TLS_RENEGOTIATION_INSECURE',
    `without ${missing}, which the peer does not know, renegotiation is not secure`,
  );
}
