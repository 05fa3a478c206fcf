// A certification authority and a server's certificate, for the corpora: the same bytes in every run, so that inputs can be kept.
import { nodeProvider } from 'foxtls/crypto/node';
import { createCertificateAuthoritySync, createCertificateSync } from 'foxtls/x509';
import { seeded } from './mutate.mjs';

/** Random bytes that are the same in every run, in this order. */
export function seededRandom(seed) {
  const below = seeded(seed);
  return (length) => Uint8Array.from({ length }, () => below(256));
}

/** PrivateKeyInfo of an Ed25519 key (RFC 8410 §7), whose signatures have nothing random in them. */
const ed25519 = (filling) =>
  nodeProvider.keys.importPrivateKey(
    Uint8Array.of(...Buffer.from('302e020100300506032b657004220420', 'hex'), ...new Uint8Array(32).fill(filling)),
  );

export const provider = { ...nodeProvider, random: seededRandom(5280) };
export const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
export const now = new Date('2026-06-01T12:00:00Z');
export const authority = createCertificateAuthoritySync({ provider, key: ed25519(1), subject: { commonName: 'CA' }, ...dates });
const names = { dnsNames: ['www.example.com', '*.example.org'], ipAddresses: ['192.0.2.1', '2001:db8::1'] };
export const leaf = createCertificateSync({ provider, key: ed25519(2), issuer: authority, ...names, ...dates });
