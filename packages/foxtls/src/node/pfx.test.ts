import { createPrivateKey } from 'node:crypto';
import nodeTls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePem } from '../core/asn1/pem.ts';
import { decodeDer, encodeDer } from '../core/asn1/schema.ts';
import { nodeProvider } from '../crypto/node/provider.ts';
import { createPkcs12Sync } from '../pki/pkcs/create-pkcs12.ts';
import { encryptPrivateKeySync, formatEncryptedPrivateKeyPem } from '../pki/pkcs/encrypted-private-key.ts';
import type { Pkcs12Key } from '../pki/pkcs/pkcs12.ts';
import { pfx as pfxType } from '../pki/pkcs/pkcs12-types.ts';
import { parsePrivateKeyPem } from '../pki/pkcs/private-key.ts';
import { authorityNames } from '../pki/x509/credential.ts';
import { ca, client, next, open, openPair, PAIRINGS, type PemPair, type Socket, server, stranger } from './endpoints.fixture.ts';
import tls from './tls.ts';

const PASSPHRASE = 'geheim';

const certificateOf = (pem: string) => parsePem(pem)[0]?.data as Uint8Array;
const identityOf = (pair: PemPair): Pkcs12Key => ({
  pkcs8: parsePrivateKeyPem(pair.key),
  certificate: certificateOf(pair.cert),
});

function pfxOf(keys: readonly Pkcs12Key[], certificates: readonly Uint8Array[] = [], password = PASSPHRASE): Buffer {
  return Buffer.from(createPkcs12Sync({ provider: nodeProvider, password, keys, certificates, iterations: 100 }));
}

const whole = pfxOf([identityOf(server)], [certificateOf(ca)]);
const alone = pfxOf([identityOf(server)]);
const clientPfx = pfxOf([identityOf(client)], [certificateOf(ca)]);
const unprotected = pfxOf([identityOf(server)], [], '');
const withoutKey = pfxOf([], [certificateOf(server.cert)]);
const withoutCertificate = pfxOf([{ pkcs8: parsePrivateKeyPem(server.key) }]);
const withoutMac = Buffer.from(encodeDer(pfxType, { ...decodeDer(pfxType, whole, 'pfx'), macData: undefined }));

/** A key of nobody's under DES, as `openssl ec -des` wrote it, and under 40 bits of RC2: Node's OpenSSL has neither. */
const LEGACY_KEYS = [
  `-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: DES-CBC,9701AE58AC4DED13

qheaWbTjS89hoPQdjU5MMTP8h+0lqwTRFyeOezlSsRa2XgIaVcwh2kghrHuSzhuf
N1zwPgbAv7hd4aqqJm02UMnJ274UPvHGmx0HFfuE+yeO7Mo56/wACxVbtMAhUZC5
DjH1UCbXEHSZmOUtlonGFINRQg9QyuunLuPpLJzDFHE=
-----END EC PRIVATE KEY-----
`,
  `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGxMBwGCiqGSIb3DQEMAQYwDgQIGvOaEFO/mJYCAggABIGQo3zJG3OPfj3gO5yp
y6Dn1aAImk8/bvfOOf6zPD6arCX6wyQORR+5eH8D5GxrsmsOCreqcqcolQf9j6kh
3QE/ELPwJPIRO0D7zYJ82/q67kyfq08gQBv1cYtSEEgx7ThkBg+Bn+Wt9juQMV19
v5M8MEUsGAscEOA0sie2RiwfVRtSnxkShvz41gs40nAFdlg7
-----END ENCRYPTED PRIVATE KEY-----
`,
];

/** What both take, and how many chains come of it. */
const ACCEPTED: readonly (readonly [string, object, number])[] = [
  ['a file and its pass phrase', { pfx: whole, passphrase: PASSPHRASE }, 1],
  ['a Uint8Array', { pfx: new Uint8Array(whole), passphrase: PASSPHRASE }, 1],
  ['a pass phrase in a Buffer', { pfx: whole, passphrase: Buffer.from(PASSPHRASE) }, 1],
  ['a list', { pfx: [whole], passphrase: PASSPHRASE }, 1],
  ['a list of objects', { pfx: [{ buf: whole, passphrase: PASSPHRASE }] }, 1],
  ['a list of both', { pfx: [{ buf: whole, passphrase: PASSPHRASE }, unprotected], passphrase: '' }, 2],
  ['an empty pass phrase', { pfx: unprotected, passphrase: '' }, 1],
  ['no pass phrase', { pfx: unprotected }, 1],
  ['an empty list', { pfx: [] }, 0],
  ['null', { pfx: null }, 0],
  ['a file beside key and cert', { pfx: whole, passphrase: PASSPHRASE, key: client.key, cert: client.cert }, 2],
];

/** What both refuse, with the same code and message. */
const REFUSED: readonly (readonly [string, object])[] = [
  ['a wrong pass phrase', { pfx: whole, passphrase: 'falsch' }],
  ['an empty pass phrase where one is needed', { pfx: whole, passphrase: '' }],
  ['no pass phrase where one is needed', { pfx: whole }],
  ['a pass phrase where none is', { pfx: unprotected, passphrase: PASSPHRASE }],
  ['a file without a key', { pfx: withoutKey, passphrase: PASSPHRASE }],
  ['a file without a certificate', { pfx: withoutCertificate, passphrase: PASSPHRASE }],
  ['a file without a MAC', { pfx: withoutMac, passphrase: PASSPHRASE }],
  ['a number', { pfx: 5 }],
  ['false', { pfx: false }],
  ['an object outside of a list', { pfx: { buf: whole, passphrase: PASSPHRASE } }],
  ['a pass phrase that is a number', { pfx: whole, passphrase: 5 }],
];

const KEY_FORMS: readonly (readonly [string, string])[] = [
  ['PKCS#8 under AES', formatEncryptedPrivateKeyPem(encrypt('aes-256-cbc'))],
  ['PKCS#8 under Triple-DES', formatEncryptedPrivateKeyPem(encrypt('des-ede3-cbc'))],
  ['SEC1 under AES', exportKey('sec1', 'aes-128-cbc')],
  ['SEC1 under Triple-DES', exportKey('sec1', 'des-ede3-cbc')],
];

describe('pfx', () => {
  it.each(ACCEPTED)('may be %s, as in Node', (_title, options, chains) => {
    expect(() => nodeTls.createSecureContext(options)).not.toThrow();
    expect(tls.createSecureContext(options).chains).toHaveLength(chains);
  });

  it.each(REFUSED)('is refused in Node’s words: %s', (_title, options) => {
    const theirs = errorOf(() => nodeTls.createSecureContext(options));
    const ours = errorOf(() => tls.createSecureContext(options));
    expect([ours.message, ours.code]).toEqual([theirs.message, theirs.code]);
  });

  it.each([Buffer.alloc(0), Buffer.from('garbage'), whole.subarray(0, 100), 'text'])(
    'is refused by both when it is no PKCS#12',
    (pfx) => {
      expect(() => nodeTls.createSecureContext({ pfx })).toThrow();
      expect(() => tls.createSecureContext({ pfx })).toThrow(expect.objectContaining({ code: 'ERR_TLS_DECODE' }));
    },
  );

  it('makes a server name the authorities of the file', () => {
    const named = (options: object) =>
      tls.createSecureContext(options).serverConfig({ clientCertificates: 'request' }).certificateAuthorities;
    expect(named({ pfx: whole, passphrase: PASSPHRASE })).toEqual(authorityNames([certificateOf(ca)]));
    expect(named({ pfx: alone, passphrase: PASSPHRASE })).toBeUndefined();
  });

  it('shows the authorities of the file between the certificate and its root', () => {
    expect(tls.createSecureContext({ pfx: whole, passphrase: PASSPHRASE }).chains).toEqual([[certificateOf(server.cert)]]);
  });
});

describe.each(PAIRINGS)('$title', (pairing) => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  it('authenticate each other by pfx, and trust its root', async () => {
    const none = { key: undefined, cert: undefined, ca: undefined, passphrase: PASSPHRASE };
    const serverOptions = { ...none, pfx: whole, requestCert: true, rejectUnauthorized: true };
    const pair = await openPair(pairing, serverOptions, { ...none, pfx: clientPfx });
    closers.push(pair.close);
    expect([pair.clientSocket.authorized, pair.serverSocket.authorized]).toEqual([true, true]);
    expect(pair.serverSocket.getPeerCertificate().subject.CN).toBe('client.test');
  });

  it('trust nobody else for it', async () => {
    const opened = await open(pairing, stranger);
    closers.push(opened.close);
    opened.listener.on('tlsClientError', () => {});
    const socket: Socket = opened.connect({ pfx: clientPfx, passphrase: PASSPHRASE, ca: undefined });
    const error = await next<{ code?: string }>(socket, 'error');
    expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});

describe('passphrase', () => {
  it.each(KEY_FORMS)('opens a key in %s, as in Node', (_title, key) => {
    for (const options of [
      { key, cert: server.cert, passphrase: PASSPHRASE },
      { key: [{ pem: key, passphrase: PASSPHRASE }], cert: server.cert },
    ]) {
      expect(() => nodeTls.createSecureContext(options)).not.toThrow();
      expect(tls.createSecureContext(options).chains).toHaveLength(1);
    }
  });

  it.each(KEY_FORMS)('is refused in Node’s words when it is wrong: %s', (_title, key) => {
    const options = { key, cert: server.cert, passphrase: 'falsch' };
    const theirs = errorOf(() => nodeTls.createSecureContext(options));
    expect(errorOf(() => tls.createSecureContext(options))).toMatchObject({ code: theirs.code, message: theirs.message });
  });

  it.each(LEGACY_KEYS)('opens old keys that Node cannot', (key) => {
    const options = { key, cert: server.cert, passphrase: PASSPHRASE };
    expect(errorOf(() => nodeTls.createSecureContext(options)).code).toBe('ERR_OSSL_EVP_UNSUPPORTED');
    // It is another one's key: that is known once it is open.
    expect(errorOf(() => tls.createSecureContext(options)).code).toBe('ERR_OSSL_X509_KEY_VALUES_MISMATCH');
    const wrong = errorOf(() => tls.createSecureContext({ ...options, passphrase: 'falsch' }));
    expect(wrong.code).toBe('ERR_TLS_PASSWORD_WRONG');
  });
});

function encrypt(cipher: 'aes-256-cbc' | 'des-ede3-cbc'): Uint8Array {
  const keyDerivation = { kind: 'pbkdf2', iterations: 100 } as const;
  return encryptPrivateKeySync(parsePrivateKeyPem(server.key), PASSPHRASE, { cipher, keyDerivation, provider: nodeProvider });
}

function exportKey(type: 'sec1', cipher: string): string {
  return createPrivateKey(server.key).export({ type, format: 'pem', cipher, passphrase: PASSPHRASE }).toString();
}

function errorOf(run: () => unknown): Error & { code?: string } {
  try {
    run();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error('nothing was thrown');
}
