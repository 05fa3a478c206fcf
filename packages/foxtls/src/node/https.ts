/** `foxtls/https`: the module in the shape of node:https. */

import { Agent, get, globalAgent, request } from './https-agent.ts';
import { createServer, Server } from './https-server.ts';

export type { AgentOptions, RequestOptions } from 'node:https';
export { Agent, get, globalAgent, request } from './https-agent.ts';
export { createServer, Server, type ServerOptions } from './https-server.ts';

/** All of it as one object, for `import https from 'foxtls/https'`. */
const https = { Agent, Server, createServer, get, globalAgent, request };

export default https;
