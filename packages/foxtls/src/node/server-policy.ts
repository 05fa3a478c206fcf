/**
 * How a server treats its connections: which context by name, which protocol, whether clients show a certificate.
 *
 * One policy a server; a policy keeps one core configuration for each context that it has used.
 */

import type { TLSSocket } from 'node:tls';
import { checkPskIdentityHint } from '../connection/config.ts';
import { createCookieKeys } from '../connection/cookie-keys.ts';
import { utf8 } from '../core/bytes/bytes.ts';
import { ConnectionLost, PeerIncompatible } from '../core/errors/errors.ts';
import type { Eventually } from '../core/flow/flow.ts';
import type { ClientHelloInfo, ServerConfig } from '../protocol/handshake/config.ts';
import type { Sealer } from '../protocol/session/sealer.ts';
import type { SessionCache } from '../protocol/session/session-cache.ts';
import { parseAlpnProtocols } from './alpn.ts';
import { callbackFailed, withCode } from './errors.ts';
import type { OcspLookUp } from './ocsp.ts';
import type { AlpnCallback, AnySecureContext, SniCallback, TLSSocketOptions } from './options.ts';
import { provider } from './provider.ts';
import { checkPskOptions, lookUpByCallback, type ServerPskCallback, withLookUp } from './psk.ts';
import { checkRenegotiationOption } from './renegotiation.ts';
import { createSecureContext, SecureContext } from './secure-context.ts';
import type { SecureContextOptions } from './secure-context-options.ts';

export type ServerPolicyOptions = Pick<
  TLSSocketOptions,
  | 'requestCert'
  | 'rejectUnauthorized'
  | 'ALPNProtocols'
  | 'ALPNCallback'
  | 'SNICallback'
  | 'pskCallback'
  | 'pskIdentityHint'
  | 'secureContext'
  | 'renegotiation'
  | 'requireCookie'
>;

/** What is asked of clients. */
export interface ClientDemand {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

export class ServerPolicy implements ClientDemand {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  #secureContext: SecureContext;
  #configs = new WeakMap<SecureContext, ServerConfig>();
  readonly #names: { readonly pattern: RegExp; readonly context: SecureContext }[] = [];
  readonly #alpnProtocols: readonly string[] | undefined;
  readonly #alpnCallback: AlpnCallback | undefined;
  readonly #sniCallback: SniCallback | undefined;
  readonly #lookUpOcsp: OcspLookUp | undefined;
  readonly #sessionCache: SessionCache | undefined;
  readonly #pskCallback: ServerPskCallback | undefined;
  readonly #pskIdentityHint: Uint8Array | undefined;
  readonly #renegotiation: 'refuse' | 'accept';
  readonly #cookieSealer: Sealer | undefined;

  constructor(options: ServerPolicyOptions, secureContext: SecureContext, lookUpOcsp?: OcspLookUp, sessionCache?: SessionCache) {
    const { ALPNProtocols, ALPNCallback, SNICallback } = options;
    requireFunction(ALPNCallback, 'ALPNCallback');
    requireFunction(SNICallback, 'SNICallback');
    checkPskOptions(options);
    checkRenegotiationOption(options.renegotiation);
    if (ALPNCallback && ALPNProtocols) {
      const message = 'The ALPNCallback and ALPNProtocols TLS options are mutually exclusive';
      throw withCode(new TypeError(message), 'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS');
    }
    this.requestCert = options.requestCert === true;
    this.rejectUnauthorized = options.rejectUnauthorized !== false;
    this.#alpnProtocols = parseAlpnProtocols(ALPNProtocols);
    this.#alpnCallback = ALPNCallback ?? undefined;
    this.#sniCallback = SNICallback ?? undefined;
    this.#pskCallback = (options.pskCallback as ServerPskCallback | undefined) ?? undefined;
    this.#pskIdentityHint = options.pskIdentityHint ? checkPskIdentityHint(utf8(options.pskIdentityHint)) : undefined;
    this.#renegotiation = options.renegotiation ?? 'refuse';
    this.#cookieSealer = options.requireCookie === true ? createCookieKeys(provider, Date.now) : undefined;
    this.#lookUpOcsp = lookUpOcsp;
    this.#sessionCache = sessionCache;
    this.#secureContext = secureContext;
  }

  get secureContext(): SecureContext {
    return this.#secureContext;
  }

  /** New connections use the new context; those there are go on. */
  set secureContext(context: SecureContext) {
    this.#secureContext = context;
  }

  get ticketKeys(): Buffer<ArrayBuffer> {
    return this.#secureContext.ticketKeys;
  }

  set ticketKeys(keys: Uint8Array) {
    this.#secureContext.ticketKeys = keys as Buffer;
    this.#configs = new WeakMap();
  }

  /** A context for a name, in which `*` stands for any part of a label. The last that fits is taken, as in Node. */
  addContext(servername: string, context: SecureContext): void {
    const pattern = servername.replaceAll(/[.^$+?\-\\[\]{}()|]/g, '\\$&').replaceAll('*', '[^.]*');
    this.#names.unshift({ pattern: new RegExp(`^${pattern}$`), context });
  }

  /** The configuration of a connection; of a renegotiation, with what it asks of the client. */
  configFor(socket: TLSSocket, context: SecureContext, demand: ClientDemand = this): ServerConfig {
    const config = this.#configOf(context, demand);
    return this.#pskCallback === undefined ? config : withLookUp(config, lookUpByCallback(socket, this.#pskCallback));
  }

  #configOf(context: SecureContext, demand: ClientDemand): ServerConfig {
    const isOurs = demand.requestCert === this.requestCert && demand.rejectUnauthorized === this.rejectUnauthorized;
    const known = isOurs ? this.#configs.get(context) : undefined;
    if (known !== undefined) return known;
    const config = context.serverConfig({
      alpnProtocols: this.#alpnProtocols,
      clientCertificates: demand.requestCert ? (demand.rejectUnauthorized ? 'require' : 'request') : 'none',
      renegotiation: this.#renegotiation,
      ...(this.#alpnCallback && { chooseAlpnProtocol: (hello: ClientHelloInfo) => this.#chooseProtocol(hello) }),
      selectConfig: (hello: ClientHelloInfo) => this.#selectConfig(hello, demand),
      pskIdentityHint: this.#pskIdentityHint,
      ...(this.#cookieSealer && { requireCookie: true, cookieSealer: this.#cookieSealer }),
      lookUpOcsp: this.#lookUpOcsp,
      sessionCache: this.#sessionCache,
    });
    if (isOurs) this.#configs.set(context, config);
    return config;
  }

  #selectConfig({ serverName }: ClientHelloInfo, demand: ClientDemand): Eventually<ServerConfig | undefined> {
    if (serverName === undefined) return undefined;
    if (this.#sniCallback !== undefined) return this.#askForContext(serverName, this.#sniCallback, demand);
    const found = this.#names.find(({ pattern }) => pattern.test(serverName));
    return found && this.#configOf(found.context, demand);
  }

  #askForContext(serverName: string, ask: SniCallback, demand: ClientDemand): Promise<ServerConfig | undefined> {
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null, context?: AnySecureContext) => {
        if (error) reject(error instanceof PeerIncompatible ? error : callbackFailed('SNICallback', error));
        else resolve(context ? this.#configOf(requireContext(context), demand) : undefined);
      };
      try {
        ask(serverName, (error, context) => {
          try {
            answer(error, context);
          } catch (thrown) {
            reject(callbackFailed('SNICallback', thrown));
          }
        });
      } catch (thrown) {
        reject(callbackFailed('SNICallback', thrown));
      }
    });
  }

  #chooseProtocol(hello: ClientHelloInfo): string | undefined {
    const protocols = [...hello.alpnProtocols];
    if (protocols.length === 0) return undefined;
    let chosen: string | undefined;
    try {
      chosen = (this.#alpnCallback as AlpnCallback)({ servername: hello.serverName ?? '', protocols: [...protocols] });
    } catch (thrown) {
      throw callbackFailed('ALPNCallback', thrown);
    }
    if (chosen === undefined || protocols.includes(chosen)) return chosen;
    const message = `ALPN callback returned a value (${chosen}) that did not match any of the client's offered protocols (${protocols.join(', ')})`;
    throw callbackFailed('ALPNCallback', withCode(new TypeError(message), 'ERR_TLS_ALPN_CALLBACK_INVALID_RESULT'));
  }
}

/** The context of a call of the application; `ERR_TLS_INVALID_CONTEXT` for what is none. */
export function requireContext(context: unknown): SecureContext {
  if (context instanceof SecureContext) return context;
  throw withCode(new TypeError('context must be a SecureContext'), 'ERR_TLS_INVALID_CONTEXT');
}

/** A context, or the options of one. */
export function asContext(context: AnySecureContext | SecureContextOptions): SecureContext {
  if (context instanceof SecureContext) return context;
  return 'context' in context ? requireContext(context) : createSecureContext(context);
}

function requireFunction(value: unknown, name: string): void {
  if (value === undefined || value === null || typeof value === 'function') return;
  const message = `The "options.${name}" property must be of type function. Received ${typeof value}`;
  throw withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

/** What a server that waited too long for a handshake reports. */
export function handshakeTimeout(): ConnectionLost {
  return new ConnectionLost('timed_out', 'the TLS handshake took too long');
}
