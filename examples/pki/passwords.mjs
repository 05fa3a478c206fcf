// A key under a password, and a PKCS#12 file, as `openssl pkcs8` and `openssl pkcs12` write and read them.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createPkcs12, encryptPrivateKey, formatEncryptedPrivateKeyPem, readPkcs12, readPrivateKeyPem } from 'foxtls/pkcs';
import { createSelfSigned, credentialOf } from 'foxtls/x509';

const password = 'correct horse battery staple';
const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const { certificate, key } = await createSelfSigned({ provider, dnsNames: ['localhost'], ...dates });

// PKCS#8 as PEM: AES-256 under a key that 600,000 iterations of PBKDF2 derive.
const pem = formatEncryptedPrivateKeyPem(await encryptPrivateKey(key.exportPkcs8(), password, { provider }));
console.log(pem.split('\n', 1)[0]);
const pkcs8 = await readPrivateKeyPem(pem, { password, provider });

// PKCS#12: the key and its certificate in one file.
const file = await createPkcs12({ provider, password, keys: [{ pkcs8, certificate, friendlyName: 'my server' }] });
const [read] = (await readPkcs12(file, { provider, password })).keys;
const credential = credentialOf({ chain: read.chain, key: await provider.keys.importPrivateKey(read.pkcs8) });
console.log(`${read.friendlyName} is for ${credential.names}`);

await readPkcs12(file, { provider, password: 'wrong' }).catch((error) => console.log(error.code));
