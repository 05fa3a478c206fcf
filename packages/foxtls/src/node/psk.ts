/**
 * `pskCallback` of node:tls: external pre-shared keys, as OpenSSL uses such callbacks: identities and hints are text, and in TLS 1.3 the
 * hash is SHA-256. TLS 1.2 has suites of its own for them, which `ciphers` has to name (`PSK`, `ECDHE-PSK-…`).
 *
 * Beyond node:tls, a callback may answer with a promise. Keys below 16 bytes are refused (RFC 9257 §6) unless
 * the answer says `insecureShortKey`.
 */

import type { TLSSocket as NodeTLSSocket } from 'node:tls';
import type { ClientConfig, ServerConfig } from '../connection/config.ts';
import { utf8 } from '../core/bytes/bytes.ts';
import { type Eventually, type Flow, run, settle } from '../core/flow/flow.ts';
import type { PreSharedKeyLookUp } from '../protocol/handshake/config.ts';
import type { ExternalKey, PreSharedKey } from '../protocol/session/pre-shared-key.ts';
import { callbackFailed, withCode } from './errors.ts';

/** What a client's callback answers: the key, and the name that the server knows it by. */
export interface PskNegotiation {
  readonly psk: NodeJS.ArrayBufferView;
  readonly identity: string;
  /** Beyond node:tls: take a key below 16 bytes all the same. */
  readonly insecureShortKey?: boolean | undefined;
}

/**
 * Chooses the key; null offers none. The hint is that of a server of TLS 1.2, null when it gave none. In TLS 1.3, which has no hints, the
 * key is asked for before there is a server to give one: a client that speaks both may be asked twice, as with OpenSSL.
 */
export type ClientPskCallback = (hint: string | null) => Eventually<PskNegotiation | null | undefined>;

/** Finds the key of an identity; null for one that is not known. */
export type ServerPskCallback = (
  socket: NodeTLSSocket,
  identity: string,
) => Eventually<NodeJS.ArrayBufferView | Pick<PskNegotiation, 'psk' | 'insecureShortKey'> | null | undefined>;

/** Throws `ERR_INVALID_ARG_TYPE` for a callback or a hint that is none. */
export function checkPskOptions(options: { readonly pskCallback?: unknown; readonly pskIdentityHint?: unknown }): void {
  const { pskCallback, pskIdentityHint } = options;
  if (pskCallback !== undefined && pskCallback !== null && typeof pskCallback !== 'function') {
    throw invalidType('options.pskCallback', 'of type function', pskCallback);
  }
  if (pskIdentityHint !== undefined && pskIdentityHint !== null && typeof pskIdentityHint !== 'string') {
    throw invalidType('options.pskIdentityHint', 'of type string', pskIdentityHint);
  }
}

/** What a client's callback is to the core: the key to offer in TLS 1.3, and the one for a server's hint in TLS 1.2. */
export function keysByCallback(
  socket: NodeTLSSocket,
  callback: ClientPskCallback,
): Pick<ClientConfig, 'preSharedKeys' | 'choosePreSharedKey'> {
  const ask = (hint: string | null) => run(askClientForKey(socket, callback, hint));
  return {
    preSharedKeys: () => run(asList(ask(null))),
    choosePreSharedKey: (hint) => ask(hint === undefined ? null : Buffer.from(hint).toString()),
  };
}

function* asList(answer: Eventually<PreSharedKey | undefined>): Flow<readonly PreSharedKey[]> {
  const key = yield* settle(answer);
  return key === undefined ? [] : [key];
}

function askClientForKey(
  socket: NodeTLSSocket,
  callback: ClientPskCallback,
  hint: string | null,
): Flow<PreSharedKey | undefined> {
  return wrapped(function* (): Flow<PreSharedKey | undefined> {
    const answer = yield* settle(callback.call(socket, hint));
    if (answer === undefined || answer === null) return undefined;
    if (typeof answer.identity !== 'string') throw invalidType('identity', 'of type string', answer.identity);
    return { identity: utf8(answer.identity), key: readKey(answer.psk), insecureShortKey: answer.insecureShortKey };
  });
}

/** The look-up of a server's callback, for one socket. */
export function lookUpByCallback(socket: NodeTLSSocket, callback: ServerPskCallback): PreSharedKeyLookUp {
  return (identity, { imported }) =>
    // OpenSSL knows of no imported keys, and its callbacks do not either.
    imported === undefined ? run(askServerForKey(socket, callback, identity)) : undefined;
}

function askServerForKey(
  socket: NodeTLSSocket,
  callback: ServerPskCallback,
  identity: Uint8Array,
): Flow<ExternalKey | undefined> {
  return wrapped(function* () {
    const answer = yield* settle(callback.call(socket, socket, Buffer.from(identity).toString()));
    if (answer === undefined || answer === null) return undefined;
    if (ArrayBuffer.isView(answer)) return { key: readKey(answer) };
    return { key: readKey(answer.psk), insecureShortKey: answer.insecureShortKey };
  });
}

/** The configuration, and those that it selects, with this look-up. */
export function withLookUp(config: ServerConfig, lookUpPreSharedKey: PreSharedKeyLookUp): ServerConfig {
  const { selectConfig } = config;
  return {
    ...config,
    lookUpPreSharedKey,
    selectConfig: (hello) =>
      run(
        (function* (): Flow<ServerConfig | undefined> {
          const selected = yield* settle(selectConfig?.(hello));
          return selected && { ...selected, lookUpPreSharedKey };
        })(),
      ),
  };
}

function* wrapped<T>(ask: () => Flow<T>): Flow<T> {
  try {
    return yield* ask();
  } catch (thrown) {
    throw callbackFailed('pskCallback', thrown);
  }
}

/** A copy. Throws `ERR_INVALID_ARG_TYPE` for what holds no bytes. */
export function readKey(psk: unknown): Uint8Array {
  if (!ArrayBuffer.isView(psk)) throw invalidType('psk', 'an instance of Buffer, TypedArray, or DataView', psk);
  return Uint8Array.from(new Uint8Array(psk.buffer, psk.byteOffset, psk.byteLength));
}

function invalidType(name: string, expected: string, received: unknown): TypeError {
  const message = `The "${name}" property must be ${expected}. Received ${received === null ? 'null' : typeof received}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}
