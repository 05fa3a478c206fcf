/**
 * A server of foxtls's core on a socket, for what `foxtls/tls` has no option for: heartbeats (RFC 6520), and pre-shared keys for SHA-384 or without a
 * key exchange (RFC 8446 §4.2.9).
 */

import { createServer } from 'node:net';
import { createTlsServer, defineServerConfig } from 'foxtls';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { legacy } from 'foxtls/legacy';
import { parsePrivateKeyPem } from 'foxtls/pkcs';
import { credentialOf } from 'foxtls/x509';

/** What script and server agree on: `--psk` of cases. */
const PRE_SHARED_KEY = { identity: 'test', key: Buffer.from('0123456789abcdef'.repeat(4), 'hex') };

/** @typedef {(key: Buffer, certificate: Buffer) => import('foxtls').ServerOptions} CoreOptions */

/** @type {CoreOptions} */
export function withHeartbeats(key, certificate) {
  const der = parsePrivateKeyPem(key);
  const parts = { key: provider.keys.importPrivateKey(der), decrypter: provider.keyEncryption.importDecrypter(der) };
  return {
    provider,
    legacy,
    credentials: [credentialOf({ chain: parsePem(certificate).map(({ data }) => data), ...parts })],
    cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    insecureMacThenEncrypt: true,
    heartbeat: 'peer_allowed_to_send',
  };
}

/** A key made for a hash, with and without a key exchange. @param {'sha256' | 'sha384'} hash @returns {CoreOptions} */
export const withPreSharedKey = (hash) => () => ({
  provider,
  groups: ['x25519', 'secp256r1', 'ffdhe2048'],
  pskKeyExchangeModes: ['psk_dhe_ke', 'psk_ke'],
  lookUpPreSharedKey: (identity, { imported }) =>
    imported === undefined && Buffer.from(identity).toString() === PRE_SHARED_KEY.identity
      ? { key: PRE_SHARED_KEY.key, hash }
      : undefined,
});

/** Nothing of a request is read but that something came. @param {import('foxtls').ServerOptions} options @param {string} page */
export function createCoreServer(options, page) {
  const config = defineServerConfig(options);
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
