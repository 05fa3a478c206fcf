// A TLS server whose private key is in a PKCS#11 token: the token signs every handshake, and nobody ever sees the key.
//
//     softhsm2-util --init-token --free --label foxtls --pin 1234 --so-pin 5678
//     PKCS11_MODULE=/usr/lib/softhsm/libsofthsm2.so PKCS11_PIN=1234 node examples/pkcs11/server.mjs
//
// PKCS11_TOKEN is the token's label (foxtls), PKCS11_KEY that of the key (server), which is made when it is not there.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import tls from 'foxtls/tls';
import {
  createCertificateAuthority,
  createExtension,
  createGeneralName,
  formatCertificatePem,
  issueCertificate,
} from 'foxtls/x509';
import { openToken } from './token-signer.mjs';

const { PKCS11_MODULE: module = '/usr/lib/softhsm/libsofthsm2.so', PKCS11_PIN: pin } = process.env;
const { PKCS11_TOKEN: label = 'foxtls', PKCS11_KEY: keyLabel = 'server' } = process.env;

const token = openToken({ module, label, pin });
const { signer, spki } = token.findKey(keyLabel) ?? token.generateKey(keyLabel);

// A certificate for the key in the token. A real authority would get a request instead, which the token signs, too.
const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const ca = await createCertificateAuthority({ provider, subject: { commonName: 'Example CA' }, ...dates });
const certificate = await issueCertificate({
  provider,
  issuer: ca,
  subject: { commonName: 'localhost' },
  publicKey: spki,
  ...dates,
  extensions: [
    createExtension('keyUsage', new Set(['digitalSignature'])),
    createExtension('subjectAltName', [createGeneralName('dns', 'localhost')]),
  ],
});

let signatures = 0;
const key = {
  type: signer.type,
  sign(algorithm, message) {
    signatures++;
    return signer.sign(algorithm, message);
  },
};
const server = tls.createServer({ cert: formatCertificatePem(certificate), key }, (socket) => {
  socket.end('hello from a key that nobody can copy\n');
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const client = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ca: formatCertificatePem(ca.certificate) });
  client.on('data', (data) => process.stdout.write(data));
  client.on('close', () => {
    console.log(`signatures made in the token: ${signatures}`);
    server.close();
    token.close();
  });
});
