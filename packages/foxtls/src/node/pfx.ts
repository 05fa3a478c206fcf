/**
 * The option `pfx` of node:tls: PKCS#12 files with a key, its certificate, and certificates of authorities.
 *
 * As in Node, which leaves it to OpenSSL: of each file the first key counts; the other certificates complete its chain; roots among them
 * are trusted, beside `ca` or the default ones. More than OpenSSL 3 reads: files under RC2 and DES.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { CryptoFailure } from '../core/errors/errors.ts';
import type { Pkcs12 } from '../pki/pkcs/pkcs12.ts';
import { readPkcs12Sync } from '../pki/pkcs/read-pkcs12.ts';
import { withCode } from './errors.ts';
import { provider } from './provider.ts';

/** A file's bytes; in a list also with a pass phrase of its own. */
export type PfxOption = string | NodeJS.ArrayBufferView;
export type PfxListItem = PfxOption | { readonly buf: PfxOption; readonly passphrase?: string | undefined };

export interface PfxIdentity {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
  /** The other certificates of the file, DER. */
  readonly others: readonly Uint8Array[];
}

/**
 * Reads the option: a file, or a list of them. Throws Node's errors: `mac verify failure` for a wrong pass phrase, `mac absent`, and
 * `ERR_CRYPTO_OPERATION_FAILED` for a file without a key or a certificate; for what is no PKCS#12, `DecodeError`.
 */
export function readPfx(pfx: PfxOption | readonly PfxListItem[], passphrase: string | undefined): PfxIdentity[] {
  if (!Array.isArray(pfx)) return [readFile(pfx as PfxOption, passphrase)];
  return (pfx as readonly PfxListItem[]).map((item) =>
    typeof item === 'object' && 'buf' in item
      ? readFile(item.buf, item.passphrase || passphrase)
      : readFile(item as PfxOption, passphrase),
  );
}

/** The roots of the files: certificates that are their own issuers. */
export function rootsOf(identities: readonly PfxIdentity[]): Uint8Array[] {
  return identities.flatMap(({ others }) =>
    others.filter((der) => {
      const certificate = new X509Certificate(der);
      return certificate.checkIssued(certificate);
    }),
  );
}

function readFile(file: PfxOption, passphrase: string | undefined): PfxIdentity {
  const content = parse(asBytes(file), passphrase);
  // OpenSSL wants a MAC where there is a pass phrase.
  if (content.integrity === 'none' && passphrase) throw new Error('mac absent');
  const [key] = content.keys;
  if (key === undefined) throw operationFailed('Unable to load private key from PFX data');
  const privateKey = createPrivateKey({ key: Buffer.from(key.pkcs8), format: 'der', type: 'pkcs8' });
  const certificates = content.certificates.map(({ certificate }) => certificate);
  const certificate = certificates.find((der) => new X509Certificate(der).checkPrivateKey(privateKey));
  if (certificate === undefined) throw operationFailed('Unable to load certificate from PFX data');
  return { privateKey, certificate, others: certificates.filter((other) => other !== certificate) };
}

function parse(file: Uint8Array, passphrase: string | undefined): Pkcs12 {
  try {
    return readPkcs12Sync(file, { password: passphrase ?? '', provider });
  } catch (error) {
    if (error instanceof CryptoFailure && error.code === 'ERR_TLS_PASSWORD_WRONG') {
      throw new Error('mac verify failure', { cause: error });
    }
    throw error;
  }
}

function asBytes(file: PfxOption): Uint8Array {
  if (typeof file === 'string') return new TextEncoder().encode(file);
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  throw operationFailed('Unable to load PFX certificate');
}

function operationFailed(message: string): Error {
  return withCode(new Error(message), 'ERR_CRYPTO_OPERATION_FAILED');
}
