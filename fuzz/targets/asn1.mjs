// DER, PEM, certificates and PKCS#12.
import { rootCertificates } from 'node:tls';
import { any, decodeDer, encodeDer, formatPem, parsePem, sequenceOf } from 'foxtls/asn1';
import { createPkcs12Sync, readPkcs12Sync } from 'foxtls/pkcs';
import { parseCertificate, validateCertificateSync } from 'foxtls/x509';
import { authority, leaf, now, provider } from '../authority.mjs';

const utf8 = new TextEncoder();
const chain = [leaf, authority].map(({ certificate }) => Uint8Array.from(certificate));
const password = 'secret';
const elements = sequenceOf(any);

export const targets = [
  {
    name: 'der',
    corpus: () => chain,
    run(bytes) {
      const values = decodeDer(elements, bytes, 'fuzz');
      if (Buffer.compare(encodeDer(elements, values), bytes) !== 0)
        throw new Error('it is written in another way than it was read');
      return 'accepted';
    },
  },
  {
    name: 'pem',
    corpus: () => [utf8.encode(chain.map((der) => formatPem('CERTIFICATE', der)).join('some words\n'))],
    run: (bytes) => (parsePem(bytes).length > 0 ? 'accepted' : 'refused'),
  },
  {
    name: 'certificate',
    corpus: () => [...chain, ...chain, ...rootCertificates.map((text) => Uint8Array.from(parsePem(text)[0].data))],
    run(bytes) {
      parseCertificate(bytes);
      const trust = { trustAnchors: [chain[1]], at: now, serverName: 'www.example.com' };
      const { isValid } = validateCertificateSync({ provider, certificate: bytes, ...trust });
      if (isValid && !chain.some((der) => Buffer.compare(der, bytes) === 0)) throw new Error('a changed certificate is valid');
      return 'accepted';
    },
  },
  {
    name: 'pkcs12',
    codes: ['ERR_TLS_PASSWORD_WRONG', 'ERR_TLS_PROTECTION_UNSUPPORTED'],
    corpus: () =>
      ['aes-256', 'aes-256-pbmac1', 'legacy-3des'].map((protection) =>
        createPkcs12Sync({ provider, password, certificates: chain, protection, iterations: 1 }),
      ),
    run: (bytes) =>
      readPkcs12Sync(bytes, { provider, password, limits: { maxIterations: 100 } }) === undefined ? 'refused' : 'accepted',
  },
];
