// Signed and encrypted messages (CMS), as `openssl cms` writes and reads them.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import {
  createEnvelopedData,
  createSignedData,
  openEnvelopedData,
  parseEnvelopedData,
  parseSignedData,
  verifySignedData,
} from 'foxtls/pkcs';
import { createSelfSigned } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const alice = await createSelfSigned({ provider, subject: { commonName: 'Alice' }, ...dates });
const bob = await createSelfSigned({ provider, subject: { commonName: 'Bob' }, key: { kind: 'rsa', bits: 2048 }, ...dates });

// Alice signs, then encrypts to Bob.
const content = new TextEncoder().encode('Dear Bob');
const signed = await createSignedData({ provider, content, signers: [{ ...alice, signingTime: new Date() }] });
const sealed = await createEnvelopedData({ provider, content: signed, recipients: [bob] });

// Bob opens, then looks at who signed. Whether that certificate is to be trusted is for a verifier of paths to say.
const decrypter = await provider.keyEncryption.importDecrypter(bob.key.exportPkcs8());
const opened = await openEnvelopedData(parseEnvelopedData(sealed), { provider, certificate: bob.certificate, decrypter });
const message = await verifySignedData(parseSignedData(opened.content), { provider });
console.log(`${message.signers[0].certificate.subject} wrote: ${new TextDecoder().decode(message.content)}`);
