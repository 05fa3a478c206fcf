// A server and a device over UDP that share a key beforehand: the shape of node:dtls, DTLS in TypeScript.
import { randomBytes } from 'node:crypto';
import { connect, listen } from 'foxtls/dtls';

const keys = new Map([['sensor-17', randomBytes(16)]]);

const endpoint = listen(
  (session) => {
    session.onmessage = (message) => session.send(`heard ${message}\n`);
  },
  { host: '127.0.0.1', port: 0, psk: (identity) => keys.get(identity) },
);

const session = connect('127.0.0.1', endpoint.address.port, { psk: { identity: 'sensor-17', key: keys.get('sensor-17') } });
const { protocol } = await session.opened;
session.send('21.5 °C');
for await (const answer of session) {
  process.stdout.write(`${protocol}: ${answer}`);
  break;
}
await session.close();
await endpoint.close();
