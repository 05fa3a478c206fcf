/**
 * The PSKs of a client: which are offered, with which binders, and which one the server took (RFC 8446 §4.2.11).
 *
 * Sessions come first, then external keys, in the order of the config; an imported key stands there once for each hash (RFC 9258 §5.1).
 */

import { concat } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { encode } from '../../../core/wire/codec.ts';
import { finishedVerifyData } from '../../keys/finished.ts';
import type { LabelledHash } from '../../keys/hkdf.ts';
import { type BinderKind, EarlySecret } from '../../keys/key-schedule.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { RawExtension } from '../../messages/extensions/block.ts';
import { bindersLength, preSharedKeyOffer, writeBinders } from '../../messages/extensions/pre-shared-key.ts';
import { PSK_MODES } from '../../messages/extensions/psk-key-exchange-modes.ts';
import type { ServerHello } from '../../messages/server-hello.ts';
import { type CipherSuite, hashesOf } from '../../negotiate/cipher-suites.ts';
import type { ClientSession, Tls13ClientSession } from '../../session/client-session.ts';
import { type PreSharedKey, usablePsks } from '../../session/pre-shared-key.ts';
import { mayBeResumed, type SessionRequest } from '../client-sessions.ts';
import type { ClientConfig } from '../config.ts';
import type { PeerIdentity } from '../peer-identity.ts';
import type { ProtocolVariant } from '../variant.ts';

/** A PSK as it is offered, and what its use proves. */
export interface OfferedPsk {
  readonly identity: Uint8Array;
  readonly labelled: LabelledHash;
  readonly earlySecret: EarlySecret;
  readonly binder: BinderKind;
  /** Who the server is if it holds the key. */
  readonly peer: PeerIdentity;
  /** The session that the key resumes; undefined for an external key. */
  readonly session: Tls13ClientSession | undefined;
}

/** Everything that may be offered under this config: of `sessions` those that fit, and the external `keys`. */
export function offeredPsks(
  variant: ProtocolVariant,
  config: ClientConfig,
  request: SessionRequest,
  sessions: readonly ClientSession[],
  keys: readonly PreSharedKey[],
): readonly OfferedPsk[] {
  return [
    ...sessions.flatMap((session) => offeredSession(variant, config, request, keys, session)),
    ...keys.flatMap((key) => offeredKeys(variant, config, key)),
  ];
}

function offeredSession(
  variant: ProtocolVariant,
  config: ClientConfig,
  request: SessionRequest,
  keys: readonly PreSharedKey[],
  session: ClientSession,
): OfferedPsk[] {
  if (session.version !== 'TLSv1.3' || !mayBeResumed(config, request, keys, session)) return [];
  const suite = config.suites.find((candidate) => candidate.id === session.suite);
  if (suite === undefined) return [];
  const labelled = { hash: suite.hash, labelPrefix: variant.labelPrefix };
  const earlySecret = new EarlySecret(labelled, session.psk);
  return [{ identity: session.ticket, labelled, earlySecret, binder: 'resumption', peer: session.peer, session }];
}

function offeredKeys(variant: ProtocolVariant, config: ClientConfig, key: PreSharedKey): OfferedPsk[] {
  const peer = { kind: 'psk', identity: key.identity } as const;
  return usablePsks(key, variant, hashesOf(config.suites), config.provider.hashes).map(({ identity, secret, hash, binder }) => {
    const labelled = { hash, labelPrefix: variant.labelPrefix };
    return { identity, labelled, earlySecret: new EarlySecret(labelled, secret), binder, peer, session: undefined };
  });
}

/** The extension with binders of zeros in place of the right ones. */
export function pskExtension(psks: readonly OfferedPsk[], now: number): RawExtension {
  const identities = psks.map(({ identity, session }) => ({ identity, obfuscatedTicketAge: obfuscatedAge(session, now) }));
  const data = encode(preSharedKeyOffer, { identities, binders: psks.map(zeroBinder) });
  return { type: EXTENSION_TYPES.pre_shared_key, data };
}

/**
 * "… an obfuscated version of the ticket age formed by taking the age in milliseconds and adding the "ticket_age_add" value that was
 * included with the ticket …, modulo 2^32." (RFC 8446 §4.2.11.1) "For identities established externally, an obfuscated_ticket_age of 0
 * SHOULD be used" (RFC 8446 §4.2.11).
 */
function obfuscatedAge(session: Tls13ClientSession | undefined, now: number): number {
  if (session === undefined) return 0;
  return (Math.max(0, now - session.receivedAt) + session.ticketAgeAdd) % 2 ** 32;
}

/** Puts the binders in (RFC 8446 §4.2.11.2): HMACs over the transcript up to the binders list. */
export function bind(unbound: Uint8Array, psks: readonly OfferedPsk[], transcript: Transcript): Uint8Array {
  const truncated = unbound.subarray(0, unbound.length - bindersLength(psks.map(zeroBinder)));
  const binders = psks.map(({ labelled, earlySecret, binder }) =>
    finishedVerifyData(labelled, earlySecret.binderKey(binder), transcript.hashWith(labelled.hash, truncated)),
  );
  return concat(truncated, writeBinders(binders));
}

function zeroBinder({ labelled }: OfferedPsk): Uint8Array {
  return new Uint8Array(labelled.hash.size);
}

/** The PSK that the server takes up, if any. */
export function acceptedPsk(
  config: ClientConfig,
  psks: readonly OfferedPsk[],
  hello: ServerHello,
  suite: CipherSuite,
): OfferedPsk | undefined {
  const { pre_shared_key: selected, key_share: keyShare } = hello.extensions.values;
  if (selected === undefined) return undefined;
  // "Clients MUST verify that the server's selected_identity is within the range supplied by the client, that the server selected a
  // cipher suite indicating a Hash associated with the PSK, and that a server "key_share" extension is present if required by the
  // ClientHello "psk_key_exchange_modes" extension." (RFC 8446 §4.2.11)
  const psk = psks[selected];
  if (psk === undefined) {
    throw new PeerMisbehaved('psk_identity_out_of_range', `selected_identity is ${selected} of ${psks.length} identities`);
  }
  const { hash } = psk.labelled;
  if (hash.name !== suite.hash.name) {
    throw new PeerMisbehaved('suite_hash_mismatch', `${suite.name} does not have the hash of identity ${selected}, ${hash.name}`);
  }
  const mode = keyShare === undefined ? 'psk_ke' : 'psk_dhe_ke';
  if (!config.pskKeyExchangeModes.includes(mode)) {
    const offered = config.pskKeyExchangeModes.join();
    if (mode === 'psk_ke') {
      throw new PeerMisbehaved('psk_key_share_missing', `pre_shared_key without key_share, but only ${offered} was offered`);
    }
    throw new PeerMisbehaved('psk_mode_not_offered', `pre_shared_key with key_share, but only ${offered} was offered`);
  }
  return psk;
}

/** psk_key_exchange_modes of a ClientHello. */
export function offeredModes(config: ClientConfig): readonly number[] {
  return config.pskKeyExchangeModes.map((mode) => PSK_MODES[mode]);
}
