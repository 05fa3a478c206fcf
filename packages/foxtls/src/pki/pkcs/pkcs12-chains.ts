/**
 * Which certificates of a PKCS#12 file belong to which key.
 *
 * By `localKeyId` for the key's own, by names for those above it: nothing is verified here, for a file's keys are its owner's.
 */

import { toHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { type Certificate, parseCertificate } from '../x509/certificate.ts';
import type { Pkcs12Certificate, Pkcs12Key } from './pkcs12.ts';

/** Longer chains than this are not used by anybody. */
const MAX_CHAIN_LENGTH = 16;

/** The keys with their certificates and chains. Takes time in proportion to the number of objects. */
export function matchKeys(keys: readonly Pkcs12Key[], certificates: readonly Pkcs12Certificate[]): Pkcs12Key[] {
  const byId = new Map<string, Uint8Array>();
  for (const { localKeyId, certificate } of certificates) {
    const id = localKeyId && toHex(localKeyId);
    if (id !== undefined && !byId.has(id)) byId.set(id, certificate);
  }
  if (byId.size === 0) return keys.map((key) => ({ ...key, chain: [] }));
  const bySubject = indexBySubject(certificates);
  return keys.map((key) => {
    const certificate = key.localKeyId && byId.get(toHex(key.localKeyId));
    return certificate === undefined ? { ...key, chain: [] } : { ...key, certificate, chain: chainOf(certificate, bySubject) };
  });
}

function indexBySubject(certificates: readonly Pkcs12Certificate[]): ReadonlyMap<string, Certificate> {
  const bySubject = new Map<string, Certificate>();
  for (const { certificate } of certificates) {
    const parsed = tryParse(certificate);
    if (parsed !== undefined && !bySubject.has(parsed.subject.key)) bySubject.set(parsed.subject.key, parsed);
  }
  return bySubject;
}

function chainOf(leaf: Uint8Array, bySubject: ReadonlyMap<string, Certificate>): Uint8Array[] {
  const chain = [leaf];
  let last = tryParse(leaf);
  while (last !== undefined && !last.isSelfIssued && chain.length < MAX_CHAIN_LENGTH) {
    last = bySubject.get(last.issuer.key);
    if (last !== undefined && !last.isSelfIssued) chain.push(last.raw);
  }
  return chain;
}

/** A certificate that cannot be read is handed out all the same, but has no place in a chain. */
function tryParse(certificate: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(certificate);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
