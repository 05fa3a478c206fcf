// An HTTPS server and a request to it: the shape of node:https, TLS in TypeScript.

import { nodeProvider as provider } from 'foxtls/crypto/node';
import https from 'foxtls/https';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createSelfSigned, formatCertificatePem } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const made = await createSelfSigned({ provider, dnsNames: ['localhost'], ...dates });
const cert = formatCertificatePem(made.certificate);
const key = formatPrivateKeyPem(made.key.exportPkcs8());

const server = https.createServer({ cert, key }, (request, response) => {
  response.end(`hello over ${request.socket.getProtocol()}\n`);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  https.get({ host: '127.0.0.1', port, servername: 'localhost', ca: cert, agent: false }, (response) => {
    response.pipe(process.stdout);
    response.on('end', () => server.close());
  });
});
