// A CoAP server over DTLS (`coaps://`): a thermometer that can be read and observed.
import coap from 'coap';
import { listen } from 'foxtls/dtls';
import { DtlsSocket } from './dtls-socket.mjs';
import { options, port, psk } from './options.mjs';

let temperature = 20;

const endpoint = listen(
  (session) => {
    session.onhandshake = (protocol) => console.log(`${protocol} ${session.cipher.standardName}`);
    socket.add(session);
  },
  { ...options, host: '127.0.0.1', port, psk: psk && { [psk.identity]: psk.key } },
);
const socket = new DtlsSocket(endpoint);

const server = coap.createServer((request, response) => {
  if (request.url !== '/temperature') {
    response.code = '4.04';
    response.end();
  } else if (request.headers.Observe === 0) {
    const say = () => response.write(`${temperature++} degrees`);
    say();
    const timer = setInterval(say, 50);
    // The observer has had enough, or is gone.
    const stop = () => clearInterval(timer);
    response.once('finish', stop);
    socket.sessionOf(request.rsinfo).once('close', stop);
  } else {
    response.end(`${temperature++} degrees`);
  }
});
server.listen(socket);
console.log(`coaps://127.0.0.1:${endpoint.address.port}/temperature`);

process.once('SIGTERM', () => {
  server.close();
  endpoint.close();
});
