/** A server of foxtls's core on a socket, for what `foxtls/tls` has no option for: heartbeats (RFC 6520). */

import { createServer } from 'node:net';
import { createTlsServer, defineServerConfig } from 'foxtls';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { legacy } from 'foxtls/legacy';
import { parsePrivateKeyPem } from 'foxtls/pkcs';
import { credentialOf } from 'foxtls/x509';

/** Nothing of a request is read but that something came. @param {Buffer} key @param {Buffer} certificate @param {string} page */
export function createCoreServer(key, certificate, page) {
  const der = parsePrivateKeyPem(key);
  const parts = { key: provider.keys.importPrivateKey(der), decrypter: provider.keyEncryption.importDecrypter(der) };
  const config = defineServerConfig({
    provider,
    legacy,
    credentials: [credentialOf({ chain: parsePem(certificate).map(({ data }) => data), ...parts })],
    cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    insecureMacThenEncrypt: true,
    heartbeat: 'peer_allowed_to_send',
  });
  return createServer({ allowHalfOpen: true }, (socket) => {
    const connection = createTlsServer(config, {
      onEvent({ type }) {
        if (type === 'output') for (const bytes of connection.takeOutput()) socket.write(bytes);
        else if (type === 'data') connection.send(Buffer.from(page));
        else if (type === 'end') connection.close();
        if (connection.state === 'closed') socket.end();
      },
    });
    socket.on('data', (data) => connection.receive(data));
    socket.on('end', () => connection.receiveEnd());
    socket.on('error', () => {});
    connection.start();
  });
}
