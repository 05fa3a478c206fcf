import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nodeTls from 'node:tls';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseCertificate } from '../pki/x509/certificate.ts';
import { createCertificateAuthoritySync, formatCertificatePem } from '../pki/x509/create-certificate.ts';
import { readCertificateBundle } from './certificate-bundle.ts';
import { provider } from './provider.ts';
import { getCACertificates } from './trust.ts';
import { findInTrustFolder, readTrustFolder, rehashFolder } from './trust-folder.ts';
import { loadTrustStore } from './trust-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const authority = (commonName: string) =>
  createCertificateAuthoritySync({ provider, subject: { commonName }, ...dates }).certificate;
const red = authority('Red CA');
const blue = authority('Blue CA');
const otherBlue = authority('blue  ca');
const pem = formatCertificatePem;

/** A new folder with these files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = mkdtempSync(join(folder, 'case-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const CRL_OF_BLUE = `-----BEGIN X509 CRL-----
MIGYMEwCAQEwBQYDK2VwMBIxEDAOBgNVBAMMB0JsdWUgQ0EXDTI2MTEyMTA5MzQw
OFoXDTM1MDIwNzA5MzQwOFqgDjAMMAoGA1UdFAQDAgEBMAUGAytlcANBAE+fV7b+
CuT2zysYHmIHnk8IGtyw3uNNKTRM5vpaU0d+rAciRNapUMXkPKjvlxWMSV93Rogf
kZrowrXIsoznhAI=
-----END X509 CRL-----
`;

describe('a bundle', () => {
  it('is read with text between its blocks, and with lines of any kind', () => {
    const text = `Red\n=====\n${pem(red)}\nsubject=Blue\r\n${pem(blue).replaceAll('\n', '\r\n')}-----BEGIN NONSENSE-----\nx\n-----END NONSENSE-----\n`;
    expect(readCertificateBundle(text)).toEqual({ certificates: [red, blue], problems: [] });
  });

  it('loses its bad certificates and no other', () => {
    const lines = pem(red).split('\n');
    const broken = lines.with(3, '!!!!').join('\n');
    const cutOff = lines.slice(0, 5).join('\n');
    const noCertificate = pem(Uint8Array.of(0x30, 0));
    const { certificates, problems } = readCertificateBundle(
      [broken, pem(blue), cutOff, noCertificate, pem(red)].join('\n'),
      'roots.pem',
    );
    expect(certificates).toEqual([blue, red]);
    expect(problems.map(({ place }) => place)).toEqual([1, 3, 4].map((number) => `roots.pem: certificate ${number}`));
    expect(problems.map(({ error }) => error.message)).toEqual([
      'pem: line 4: the line is not base64',
      'pem: line 1: the CERTIFICATE that begins here has no END line',
      expect.stringContaining('tbs_certificate is missing'),
    ]);
  });

  it('may be one certificate in DER, also as a Buffer', () => {
    expect(readCertificateBundle(red).certificates).toEqual([red]);
    expect(readCertificateBundle(Buffer.from(red)).certificates).toEqual([red]);
    expect(readCertificateBundle(red.subarray(0, 50)).problems).toHaveLength(1);
  });

  it('may hold what OpenSSL calls a trusted certificate', () => {
    const trusted = Uint8Array.from([...red, 0x30, 0x04, 0x30, 0x02, 0x05, 0x00]);
    expect(readCertificateBundle(pem(trusted).replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')).certificates).toEqual([red]);
  });
});

describe('a folder with hashed names', () => {
  it('is made, found in and read', () => {
    const path = folderOf({ 'red.pem': pem(red), 'blue.crt': blue, 'other.cer': pem(otherBlue), 'notes.txt': pem(red) });
    const { made, removed, skipped } = rehashFolder(path);
    expect([removed, skipped]).toEqual([[], []]);
    expect(made.map(({ file }) => file)).toEqual(['blue.crt', 'other.cer', 'red.pem']);
    const [first, second] = made.map(({ name }) => name);
    expect(first).toMatch(/^[0-9a-f]{8}\.0$/);
    expect(second).toBe(first?.replace('.0', '.1'));
    expect(readlinkSync(join(path, first as string))).toBe('blue.crt');
    expect(findInTrustFolder(path, parseCertificate(otherBlue).subject)).toEqual([blue, otherBlue]);
    expect(findInTrustFolder(path, parseCertificate(red).subject)).toEqual([red]);
    expect(readTrustFolder(path).certificates).toHaveLength(3);
  });

  it('is made anew: links of before go, files stay', () => {
    const path = folderOf({ 'red.pem': pem(red), '00000000.0': pem(blue) });
    symlinkSync('gone.pem', join(path, '11111111.0'));
    const [{ name } = { name: '' }] = rehashFolder(path).made;
    expect(rehashFolder(path).removed).toEqual([name]);
    expect(readdirSync(path).sort()).toEqual(['00000000.0', name, 'red.pem'].sort());
  });

  it('does not overwrite a file that has the name', () => {
    const path = folderOf({ 'red.pem': pem(red) });
    const [{ name } = { name: '' }] = rehashFolder(path).made;
    const copied = folderOf({ 'red.pem': pem(red), [name]: 'mine' });
    expect(rehashFolder(copied).made).toEqual([{ name: name.replace('.0', '.1'), file: 'red.pem' }]);
    expect(readFileSync(join(copied, name), 'utf8')).toBe('mine');
  });

  it('has old names, or both, or copies', () => {
    const path = folderOf({ 'red.pem': pem(red) });
    const [fresh] = rehashFolder(path).made;
    const [old] = rehashFolder(path, { hash: 'old' }).made;
    expect(old?.name).not.toBe(fresh?.name);
    expect(findInTrustFolder(path, parseCertificate(red).subject)).toEqual([red]);
    expect(rehashFolder(path, { hash: 'both', copy: true }).made.map(({ name }) => name)).toEqual([fresh?.name, old?.name]);
    expect(readFileSync(join(path, fresh?.name ?? ''), 'utf8')).toBe(pem(red));
    expect(rehashFolder(path, { hash: 'both', copy: true }).made).toEqual([]);
    expect(readdirSync(path)).toHaveLength(3);
  });

  it('says what it leaves out', () => {
    const path = folderOf({ 'a.pem': pem(red), 'b.pem': pem(red), 'c.pem': pem(red) + pem(blue), 'd.pem': 'nothing' });
    expect(rehashFolder(path).skipped).toEqual([
      { file: 'b.pem', reason: 'it holds the same as a.pem' },
      { file: 'c.pem', reason: 'it does not hold exactly one certificate or CRL' },
      { file: 'd.pem', reason: 'it does not hold exactly one certificate or CRL' },
    ]);
  });

  it('names a CRL by its issuer', () => {
    const path = folderOf({ 'blue.pem': pem(blue), 'blue.crl': CRL_OF_BLUE });
    const names = rehashFolder(path).made.map(({ name }) => name);
    expect(names).toEqual([names[1]?.replace('.0', '.r0'), names[1]]);
    expect(readTrustFolder(path).certificates).toEqual([blue]);
  });

  it('reports a link that leads nowhere', () => {
    const path = folderOf({ 'red.pem': pem(red) });
    rehashFolder(path);
    symlinkSync('gone.pem', join(path, '11111111.0'));
    const { certificates, problems } = readTrustFolder(path);
    expect(certificates).toEqual([red]);
    expect(problems.map(({ place }) => place)).toEqual([join(path, '11111111.0')]);
  });
});

describe('a trust store', () => {
  it('joins its sources, each certificate once', () => {
    const path = folderOf({ 'red.pem': pem(red), 'both.pem': pem(red) + pem(blue) });
    const hashed = folderOf({ 'blue.pem': pem(blue) });
    rehashFolder(hashed);
    const store = loadTrustStore({
      files: [join(path, 'red.pem'), join(path, 'both.pem')],
      folders: [hashed],
      certificates: [otherBlue, pem(red)],
    });
    expect(store).toEqual({ certificates: [red, blue, otherBlue], problems: [] });
  });

  it('has the roots of Node', () => {
    expect(loadTrustStore({ bundled: true }).certificates).toHaveLength(new Set(nodeTls.rootCertificates).size);
    expect(loadTrustStore({}).certificates).toEqual([]);
  });

  it('finds those of the system by SSL_CERT_FILE and SSL_CERT_DIR', () => {
    const path = folderOf({ 'red.pem': pem(red) });
    const first = folderOf({ 'blue.pem': pem(blue) });
    const second = folderOf({ 'other.pem': pem(otherBlue) });
    for (const hashed of [first, second]) rehashFolder(hashed);
    const system = (environment: Record<string, string>) => loadTrustStore({ system: true, environment }).certificates;
    expect(system({ SSL_CERT_FILE: join(path, 'red.pem') })).toEqual([red]);
    expect(system({ SSL_CERT_DIR: `${first}:${second}` })).toEqual([blue, otherBlue]);
    expect(system({ SSL_CERT_FILE: join(path, 'red.pem'), SSL_CERT_DIR: first })).toEqual([red, blue]);
    expect(() => system({ SSL_CERT_FILE: join(path, 'gone.pem') })).toThrow(/gone\.pem cannot be read: ENOENT/);
  });

  it("are what getCACertificates('system') answers where Node has no answer", (context) => {
    if ('getCACertificates' in nodeTls) context.skip('this Node reads the certificates of the system itself');
    const path = folderOf({ 'red.pem': pem(red) });
    vi.stubEnv('SSL_CERT_FILE', join(path, 'red.pem')).stubEnv('SSL_CERT_DIR', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(getCACertificates('system')).toEqual([pem(red)]);
  });

  it('has the extra roots of NODE_EXTRA_CA_CERTS only when it is asked', () => {
    const path = folderOf({ 'red.pem': pem(red) });
    const environment = { NODE_EXTRA_CA_CERTS: join(path, 'red.pem') };
    expect(loadTrustStore({ extra: true, environment }).certificates).toEqual([red]);
    expect(loadTrustStore({ environment }).certificates).toEqual([]);
    expect(loadTrustStore({ extra: true, environment: {} }).certificates).toEqual([]);
  });

  it('is not made of a file without certificates, or of one that is not there', () => {
    const path = folderOf({ 'empty.pem': 'nothing', 'bad.pem': pem(Uint8Array.of(0x30, 0)) });
    mkdirSync(join(path, 'inner'));
    const message = (name: string) => {
      try {
        loadTrustStore({ files: [join(path, name)] });
      } catch (error) {
        return [(error as { code?: string }).code, (error as Error).message];
      }
      return undefined;
    };
    expect(message('empty.pem')).toEqual(['ERR_TLS_TRUST_STORE', expect.stringContaining('it has no CERTIFICATE block')]);
    expect(message('bad.pem')).toEqual(['ERR_TLS_TRUST_STORE', expect.stringContaining('bad.pem: certificate 1: certificate')]);
    expect(message('inner')).toEqual(['ERR_TLS_TRUST_STORE', expect.stringContaining('EISDIR')]);
    expect(() => loadTrustStore({ folders: [join(path, 'gone')] })).toThrow(/the folder .*gone cannot be read/);
  });
});
