/**
 * Connections over datagrams, made: a client's and a server's.
 */

import { clientHandshake } from '../protocol/handshake/client.ts';
import { serverHandshake } from '../protocol/handshake/server.ts';
import { DatagramTransport } from '../transport/dtls/datagram-transport.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import { readContinued } from './continue-dtls.ts';
import { type ClientConnectionOptions, type ConnectionOptions, sessionKeeper } from './create.ts';
import { checkDatagramOptions, MAXIMUM_TIMEOUT } from './datagram-checks.ts';
import type { DtlsConnection } from './datagram-connection.ts';
import { DatagramConnection, type DatagramOwner, type DatagramSetting } from './dtls-connection.ts';

export interface DatagramOptions {
  /** The largest datagram to send, in bytes: the path's MTU less the headers of IP and UDP. Default 1200. */
  readonly mtu?: number | undefined;
  /** Milliseconds, of a clock that only grows, for retransmission; default: the config's `now`. */
  readonly clock?: (() => number) | undefined;
  /** Milliseconds until a flight is sent again for the first time. Default 1000; 400 for real-time media (RFC 9147 §5.8.2). */
  readonly initialTimeout?: number | undefined;
  /**
   * Whether that time follows the path: 1.5 times the round trip that was measured, and still twice as long after a loss (RFC 9147 §5.8.2).
   * Otherwise each flight begins with `initialTimeout`. Default true.
   */
  readonly adaptTimeout?: boolean | undefined;
  /**
   * DTLS 1.3, after the handshake: whether tickets and KeyUpdates are acknowledged together, a quarter of the time later that the peer would be
   * given (RFC 9147 §7, "potentially subject to some delay"): fewer datagrams, and keys that change later; a peer whose timer is
   * short sends them again meanwhile. And of an ACK that takes several records, in the handshake, too, one is sent each time. Default false.
   */
  readonly delayAcknowledgements?: boolean | undefined;
  /** How often a flight is sent again before the peer counts as gone. Default 10. */
  readonly maxRetransmissions?: number | undefined;
  /** Records behind the newest that may still come: a power of two from 32 to 1024 (RFC 6347 §4.1.2.6). Default 64. */
  readonly replayWindow?: number | undefined;
  /**
   * Whether messages that are sent before `takeOutput` share datagrams, as many as `mtu` has place for (RFC 6347 §4.1.1, RFC 9147 §4.3): of small ones,
   * most of the cost is the datagram's. What is lost is lost together. Default false: each message is a datagram.
   */
  readonly packMessages?: boolean | undefined;
  /** What the peer's address is, for cookies: opaque. */
  readonly peerAddress?: Uint8Array | undefined;
  /** What the peer is to put on its records (RFC 9146, RFC 9147 §9), if it can: empty when we only want to put its id on ours. */
  readonly connectionId?: Uint8Array | undefined;
  /**
   * DTLS 1.3: makes another one when the peer asks for more (RFC 9147 §9), as long as `connectionId`; up to eight that it has not used. Those before
   * the last but one that it used are free again. Without it, the peer is given none.
   */
  readonly newConnectionId?: (() => Uint8Array) | undefined;
}

export interface DtlsClientOptions extends ClientConnectionOptions, DatagramOptions {}
export interface DtlsServerOptions extends ConnectionOptions, DatagramOptions {}

/** How an endpoint makes a connection of its own. */
export interface CarriedOptions extends Pick<DatagramOptions, 'peerAddress' | 'connectionId'> {
  readonly setting: DatagramSetting;
  readonly owner: DatagramOwner;
}
export type CarriedClientOptions = CarriedOptions & Omit<ClientConnectionOptions, keyof ConnectionOptions>;

const DEFAULT_MTU = 1200;
const INITIAL_TIMEOUT = 1000;
const MINIMUM_TIMEOUT = 100;
const MAX_RETRANSMISSIONS = 10;
const REPLAY_WINDOW = 64;

/**
 * A client's end of a connection over datagrams; `start()` it, then carry datagrams and mind `nextTimeout()`.
 *
 * Source: RFC 9147 §5, RFC 6347 §4.2. Errors arrive as `error` events, never as exceptions, but for `ApiMisuse`.
 */
export function createDtlsClient(config: ClientConfig, options: DtlsClientOptions): DtlsConnection {
  return createCarriedClient(config, { ...options, ...carried(config, options) });
}

/** A server's end of a connection over datagrams, with one client; `start()` it. Errors as `createDtlsClient`. */
export function createDtlsServer(config: ServerConfig, options: DtlsServerOptions): DtlsConnection {
  return createCarriedServer(config, { ...options, ...carried(config, options) });
}

function carried(config: ClientConfig | ServerConfig, options: DtlsServerOptions) {
  const { onEvent, keyLog, newConnectionId } = options;
  return { setting: datagramSetting(config, options), owner: { onEvent, keyLog, newConnectionId } };
}

/** As `createDtlsClient`, for an endpoint. */
export function createCarriedClient(config: ClientConfig, options: CarriedClientOptions): DatagramConnection {
  const { serverName, session, sessionKey = serverName } = options;
  const request = { serverName, session, sessionKey };
  return new DatagramConnection({
    flow: (context) => clientHandshake(context, config, request),
    keepSession: sessionKeeper(config.sessionStore, sessionKey),
    ...connectionParts(options),
  });
}

/** As `createDtlsServer`, for an endpoint. */
export function createCarriedServer(config: ServerConfig, options: CarriedOptions): DatagramConnection {
  return new DatagramConnection({
    flow: (context) => serverHandshake(context, config),
    ...connectionParts(options),
  });
}

/**
 * A client's connection that goes on from `exportState()` of another. The config has to have its version and suite. It is connected, and there is no
 * `connected` event; `info` is what it was, but for what the state does not hold: `path` of a verified peer, our own certificates, `ocspResponse`.
 *
 * Throws `ApiMisuse`: `ERR_TLS_STATE` when the state does not fit.
 *
 * ```ts
 * const state = session.exportState();
 * // … in another process, whose socket has the same address:
 * const again = continueDtlsClient(config, state, { onEvent });
 * ```
 */
export function continueDtlsClient(config: ClientConfig, state: Uint8Array, options: DtlsClientOptions): DtlsConnection {
  const { serverName, sessionKey = serverName } = options;
  return continueCarried(config, state, { ...carried(config, options), mtu: options.mtu, sessionKey });
}

/** A server's connection that goes on from `exportState()` of another; as `continueDtlsClient`. */
export function continueDtlsServer(config: ServerConfig, state: Uint8Array, options: DtlsServerOptions): DtlsConnection {
  return continueCarried(config, state, { ...carried(config, options), mtu: options.mtu });
}

export interface ContinuedOptions extends Pick<CarriedOptions, 'setting' | 'owner'> {
  /** Default: what it was. */
  readonly mtu?: number | undefined;
  /** A client's. */
  readonly sessionKey?: string | undefined;
}

/** A connection of either role that goes on, for an endpoint. */
export function continueCarried(
  config: ClientConfig | ServerConfig,
  state: Uint8Array,
  options: ContinuedOptions,
): DatagramConnection {
  const keepSession = config.role === 'client' ? sessionKeeper(config.sessionStore, options.sessionKey) : undefined;
  return new DatagramConnection({ ...continuedParts(config, state, options), keepSession });
}

function continuedParts(config: ClientConfig | ServerConfig, state: Uint8Array, { setting, owner, mtu }: ContinuedOptions) {
  const { established, version, transport: from, protections } = readContinued(config, state);
  const parts = connectionParts({ setting, owner });
  parts.transport.continueFrom(version, { ...from, mtu: mtu ?? from.mtu }, protections);
  return { ...parts, flow: established };
}

function connectionParts({ setting, owner, peerAddress, connectionId }: CarriedOptions) {
  return { setting, owner, peerAddress, connectionId, transport: new DatagramTransport(setting) };
}

/** What connections with a config and these options have in common. Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`). */
export function datagramSetting(config: ClientConfig | ServerConfig, options: DatagramOptions): DatagramSetting {
  const { role, now, limits, provider } = config;
  const { mtu = DEFAULT_MTU, clock = now } = options;
  checkDatagramOptions(options);
  return {
    role,
    now,
    limits,
    provider,
    mtu,
    clock,
    timer: {
      initial: options.initialTimeout ?? INITIAL_TIMEOUT,
      maximum: MAXIMUM_TIMEOUT,
      minimum: MINIMUM_TIMEOUT,
      isFixed: options.adaptTimeout === false,
    },
    delaysAcknowledgements: options.delayAcknowledgements ?? false,
    packsMessages: options.packMessages ?? false,
    maxRetransmissions: options.maxRetransmissions ?? MAX_RETRANSMISSIONS,
    replayWindow: options.replayWindow ?? REPLAY_WINDOW,
    maxHandshakeMessage: limits.maxHandshakeMessage,
    queuedInput: limits.queuedInput,
  };
}
