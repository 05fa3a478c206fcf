// A CoAP client over DTLS: reads a thermometer once, then observes it.
import { once } from 'node:events';
import coap from 'coap';
import { connect } from 'foxtls/dtls';
import { DtlsSocket } from './dtls-socket.mjs';
import { options, port, psk } from './options.mjs';

const host = '127.0.0.1';
const session = connect(host, port, { ...options, psk });
await session.opened;
const agent = new coap.Agent({ socket: new DtlsSocket(session.endpoint).add(session) });

async function request(pathname, observe = false) {
  const [response] = await once(coap.request({ host, port, agent, pathname, observe }).end(), 'response');
  return response;
}

const response = await request('/temperature');
console.log(`${response.code} ${response.payload}`);
console.log((await request('/humidity')).code);

const stream = await request('/temperature', true);
let count = 0;
for await (const value of stream) {
  console.log(`observed ${value}`);
  if (++count === 3) break;
}
stream.close();
await session.close();
