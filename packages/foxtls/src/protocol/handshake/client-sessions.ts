/**
 * Which sessions a client tries to resume: those of the connection, or one out of the store; of TLS 1.2 one, of TLS 1.3 several.
 */

import { equal } from '../../core/bytes/bytes.ts';
import { settle } from '../../core/flow/flow.ts';
import { isAnonymous } from '../negotiate/tls12-cipher-suites.ts';
import type { ClientSession, Tls12ClientSession } from '../session/client-session.ts';
import type { PreSharedKey } from '../session/pre-shared-key.ts';
import type { ClientConfig } from './config.ts';
import { presentedRawPublicKey } from './peer-identity.ts';
import type { HandshakeFlow } from './receive.ts';
import type { ProtocolVariant } from './variant.ts';

/** What one connection asks to resume. */
export interface SessionRequest {
  readonly serverName: string | undefined;
  /** Sessions to resume, in order of preference; without any, the config's store is asked. */
  readonly session: ClientSession | readonly ClientSession[] | undefined;
  /** What the sessions of this server go by in the store. */
  readonly sessionKey?: string | undefined;
}

/** Of the sessions of the connection, or of one out of the store, those of the transport's protocol. */
export function* sessionsToTry(
  { sessionProtocol }: ProtocolVariant,
  config: ClientConfig,
  request: SessionRequest,
): HandshakeFlow<readonly ClientSession[]> {
  const sessions = yield* givenSessions(config, request);
  return sessions.filter(({ protocol }) => protocol === sessionProtocol);
}

function* givenSessions(config: ClientConfig, { session, sessionKey }: SessionRequest): HandshakeFlow<readonly ClientSession[]> {
  if (session !== undefined) return 'version' in session ? [session] : session;
  if (config.sessionStore === undefined || sessionKey === undefined) return [];
  try {
    const taken = yield* settle(config.sessionStore.take(sessionKey));
    return taken === undefined ? [] : [taken];
  } catch {
    // A cache that is down makes connections slower, not impossible.
    return [];
  }
}

/** The pre-shared keys that were agreed on outside TLS, if anything can be done with them. */
export function* externalKeys({ preSharedKeys, suites, tls12Suites }: ClientConfig): HandshakeFlow<readonly PreSharedKey[]> {
  if (typeof preSharedKeys !== 'function') return preSharedKeys;
  const areUsed = suites.length > 0 || tls12Suites.some(({ keyExchange }) => keyExchange.usesPreSharedKey);
  return areUsed ? yield* settle(preSharedKeys()) : [];
}

/** Whether a session is with the server that is wanted, and still good under this config. */
export function mayBeResumed(
  config: ClientConfig,
  { serverName }: SessionRequest,
  keys: readonly PreSharedKey[],
  session: ClientSession,
): boolean {
  // "Clients MUST NOT attempt to use tickets which have ages greater than the "ticket_lifetime" value which was provided with the
  // ticket." (RFC 8446 §4.2.11.1)
  if (config.now() >= session.receivedAt + session.lifetime * 1000) return false;
  return session.serverName === serverName && admits(config, keys, session);
}

/** Whether a full handshake under this config could have ended with this server: a session is no way around what it asks for. */
function admits(config: ClientConfig, keys: readonly PreSharedKey[], { peer, suite }: ClientSession): boolean {
  if (peer.kind === 'psk') {
    // Which keys the application would choose for a hint, it alone knows.
    return config.choosePreSharedKey !== undefined || keys.some(({ identity }) => equal(identity, peer.identity));
  }
  if (peer.kind === 'anonymous') return config.tls12Suites.some((ours) => ours.id === suite && isAnonymous(ours));
  const kind = presentedRawPublicKey(peer) === undefined ? 'x509' : 'raw-public-key';
  if (!config.serverCertificateTypes.includes(kind)) return false;
  return peer.kind === 'verified' || config.verifier.acceptsUnverified === true;
}

/**
 * The session of TLS 1.2 to offer: the first that fits. "The client SHOULD NOT offer an abbreviated handshake to resume a session that does
 * not use an extended master secret." (RFC 7627 §5.3) Ours does not.
 */
export function tls12SessionToOffer(
  config: ClientConfig,
  request: SessionRequest,
  keys: readonly PreSharedKey[],
  sessions: readonly ClientSession[],
): Tls12ClientSession | undefined {
  return sessions.find(
    (session): session is Tls12ClientSession =>
      session.version !== 'TLSv1.3' &&
      config.versions.includes(session.version) &&
      session.extendedMasterSecret &&
      !config.insecureNoExtendedMasterSecret &&
      // "The negotiated length applies for the duration of the session including session resumptions." (RFC 6066 §4)
      session.maxFragmentLength?.asked === config.maxFragmentLength &&
      config.tls12Suites.some(({ id }) => id === session.suite) &&
      mayBeResumed(config, request, keys, session),
  );
}
