// A device and a server that share a key beforehand: no certificates at all (an external PSK of TLS 1.3).
import { randomBytes } from 'node:crypto';
import tls from 'foxtls/tls';

const keys = new Map([['sensor-17', randomBytes(32)]]);

const server = tls.createServer({ pskCallback: (_socket, identity) => keys.get(identity) ?? null }, (socket) => {
  const { peer } = socket.connectionInfo;
  socket.end(`hello ${Buffer.from(peer.identity)}\n`);
});
server.listen(0, '127.0.0.1', () => {
  const socket = tls.connect({
    host: '127.0.0.1',
    port: server.address().port,
    pskCallback: () => ({ identity: 'sensor-17', psk: keys.get('sensor-17') }),
  });
  socket.pipe(process.stdout);
  socket.on('close', () => server.close());
});
