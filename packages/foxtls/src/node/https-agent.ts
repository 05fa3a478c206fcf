/**
 * `https.Agent`, `https.request` and `https.get`: Node's HTTP client over our connections, with sessions kept for the next connection.
 */

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AgentOptions, Agent as NodeAgent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from './connect.ts';
import type { ConnectionOptions } from './options.ts';

/** Node's default for `maxCachedSessions`. */
const MAX_CACHED_SESSIONS = 100;

type RequestCallback = (response: IncomingMessage) => void;

/**
 * An agent whose connections are ours. Options as Node's `https.Agent`, of which it is a subclass: connections are pooled by the same
 * names, which hold everything that decides about trust.
 *
 * ```ts
 * const agent = new Agent({ keepAlive: true, ca: readFileSync('ca.pem') });
 * get('https://localhost:8443/', { agent }, (response) => response.pipe(process.stdout));
 * ```
 */
export class Agent extends NodeAgent {
  /** By the name of the pool; the oldest goes first. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(options: AgentOptions = {}) {
    super(options);
  }

  override createConnection(options: object, callback?: (error: Error | null, stream: Duplex) => void): Duplex;
  override createConnection(port: number, host?: string, options?: object): Duplex;
  override createConnection(...args: unknown[]): Duplex {
    const options = readConnectionArguments(args);
    const { _agentKey: name } = options;
    const session = name === undefined ? undefined : this.#sessions.get(name);
    const socket = connect({ ...(session && { session }), ...options });
    if (name === undefined) return socket;
    socket.on('session', (latest: Buffer) => this.#keepSession(name, latest));
    socket.once('close', (hadError: boolean) => {
      if (hadError) this.#sessions.delete(name);
    });
    return socket;
  }

  #keepSession(name: string, session: Buffer): void {
    const { maxCachedSessions = MAX_CACHED_SESSIONS } = this.options as AgentOptions;
    if (maxCachedSessions <= 0) return;
    const oldest = this.#sessions.keys().next();
    if (!this.#sessions.has(name) && this.#sessions.size >= maxCachedSessions && oldest.done !== true) {
      this.#sessions.delete(oldest.value);
    }
    this.#sessions.set(name, session);
  }
}

/** The agent of requests that name none: as Node's, it keeps connections alive. */
export const globalAgent: Agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5000 });

/**
 * Makes an HTTPS request. Arguments as Node's `https.request`; options of the connection (`ca`, `servername` …) among them.
 *
 * ```ts
 * const upload = request('https://localhost:8443/upload', { method: 'POST', ca }, (response) => response.resume());
 * upload.end('data');
 * ```
 */
export function request(options: RequestOptions | string | URL, callback?: RequestCallback): ClientRequest;
export function request(url: string | URL, options: RequestOptions, callback?: RequestCallback): ClientRequest;
export function request(...args: unknown[]): ClientRequest {
  const callback = args.find((argument) => typeof argument === 'function') as RequestCallback | undefined;
  const [first, second] = args;
  const isUrl = typeof first === 'string' || first instanceof URL;
  const given = (isUrl ? second : first) as RequestOptions | undefined;
  // http takes the protocol, the port and the class for `agent: false` from here.
  const options: RequestOptions = { ...(typeof given === 'object' ? given : {}), _defaultAgent: globalAgent };
  return isUrl ? httpRequest(first, options, callback) : httpRequest(options, callback);
}

/** Makes an HTTPS request without a body: `request`, ended. */
export function get(options: RequestOptions | string | URL, callback?: RequestCallback): ClientRequest;
export function get(url: string | URL, options: RequestOptions, callback?: RequestCallback): ClientRequest;
export function get(...args: unknown[]): ClientRequest {
  const made = request(...(args as [string, RequestOptions, RequestCallback]));
  made.end();
  return made;
}

function readConnectionArguments(args: readonly unknown[]): ConnectionOptions & { readonly _agentKey?: string } {
  const options = args.find((argument) => typeof argument === 'object' && argument !== null) as ConnectionOptions | undefined;
  const [port, host] = args;
  return { ...options, ...(typeof port === 'number' && { port }), ...(typeof host === 'string' && { host }) };
}
