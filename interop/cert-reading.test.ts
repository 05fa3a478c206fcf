/**
 * `foxtls cert` reads, verifies, converts, stores and fetches: what it prints, its exit codes and files, and what OpenSSL says of them.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import tls from 'foxtls/tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { createWorkbench } from './harness/foxtls-command.ts';

const { folder, bin, run, cert, failed, refused, openssl, read, modeOf, start } = createWorkbench();

beforeAll(() => {
  writeFileSync(join(folder, 'password'), 'vixen\nnot this line\n');
  cert('ca', '--subject', 'CN=Example CA,O=Example', '--key-out', 'ca-key.pem', '--pass', 'env:CA_PASSWORD', '--out', 'ca.pem');
  cert('csr', 'example.com', '--key-out', 'server-key.pem', '--out', 'server.csr');
  cert(
    'sign',
    'server.csr',
    '--ca',
    'ca.pem',
    '--ca-key',
    'ca-key.pem',
    '--ca-pass',
    'file:password',
    '--serial-file',
    'ca.srl',
    '-o',
    'server.pem',
  );
  cert('key', '--type', 'rsa:2048', '--out', 'rsa2048.pem', '--public', 'rsa2048-pub.pem');
  cert('self-signed', 'a.example', '--key', 'server-key.pem', '-o', 's.pem');
  cert('self-signed', 'a.example', '--key', 'server-key.pem', '--der', '-o', 'self.cer');
  cert('crl', '--ca', 'ca.pem', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password', '--revoke', '4D2F', '--out', 'ca.crl');
});

describeWithPeer('foxtls cert reads', 'openssl', () => {
  describe('show', () => {
    it('prints what openssl prints, of certificates, requests, CRLs and keys', () => {
      expect(cert('show', 'ca.crl')).toBe(openssl('crl', '-in', 'ca.crl', '-noout', '-text'));
      expect(cert('show', 'server.pem')).toBe(openssl('x509', '-in', 'server.pem', '-noout', '-text'));
      expect(cert('show', 'server.csr')).toBe(openssl('req', '-in', 'server.csr', '-noout', '-text'));
      expect(cert('show', '--pem', 'ca.pem')).toBe(openssl('x509', '-in', 'ca.pem', '-text'));
      expect(cert('show', 'rsa2048-pub.pem')).toBe(openssl('pkey', '-pubin', '-in', 'rsa2048-pub.pem', '-noout', '-text'));
    });

    it('reads many blocks with text around them, DER, and standard input', () => {
      writeFileSync(join(folder, 'many.pem'), `My CA:\n${read('ca.pem')}\nand a server\n${read('server.pem')}bye\n`);
      expect(cert('show', 'many.pem')).toBe(cert('show', 'ca.pem', 'server.pem'));
      expect(cert('show', 'self.cer')).toContain('Subject: CN = a.example\n');
      expect(run(bin, ['cert', 'show'], read('ca.pem')).stdout).toBe(cert('show', 'ca.pem'));
      expect(run(bin, ['cert', 'show', '-'], readFileSync(join(folder, 'self.cer'))).stdout).toBe(cert('show', 'self.cer'));
    });

    it('has JSON for programs', () => {
      const [ca, server] = JSON.parse(cert('show', '--json', 'many.pem')) as [Record<string, unknown>, Record<string, unknown>];
      expect(ca).toMatchObject({
        file: 'many.pem',
        kind: 'certificate',
        isAuthority: true,
        subject: { text: 'CN=Example CA,O=Example' },
      });
      expect(server).toMatchObject({
        isAuthority: false,
        names: ['DNS:example.com'],
        keyUsage: ['digitalSignature'],
        purposes: ['serverAuth'],
      });
      expect(server['serialNumber']).toBe(openssl('x509', '-in', 'server.pem', '-noout', '-serial').trim().slice(7));
      expect(`sha256 Fingerprint=${String(server['sha256Fingerprint'])}\n`).toBe(
        openssl('x509', '-in', 'server.pem', '-noout', '-fingerprint', '-sha256'),
      );
    });

    it('says in one line what is wrong, and where', () => {
      writeFileSync(join(folder, 'broken.pem'), read('ca.pem').split('\n').with(3, 'ÄÄÄ').join('\n'));
      writeFileSync(join(folder, 'notes.txt'), 'nothing here\n');
      writeFileSync(join(folder, 'empty'), '');
      expect(failed('show', 'gone.pem')).toBe('1 foxtls cert show: gone.pem: there is no such file or folder');
      expect(failed('show', '.')).toBe('1 foxtls cert show: it is a folder, a file is expected');
      expect(failed('show', 'broken.pem')).toBe('1 foxtls cert show: pem: line 4: the line is not base64');
      expect(failed('show', 'notes.txt')).toMatch(/^1 foxtls cert show: notes\.txt is neither PEM \(no BEGIN line\) nor/);
      expect(failed('show', 'empty')).toBe('1 foxtls cert show: empty is empty');
      expect(run(bin, ['cert', 'show', 'gone.pem', '--verbose']).stderr).toMatch(/ENOENT[\s\S]*at /);
    });
  });

  describe('verify', () => {
    it('says yes, no and why', () => {
      expect(cert('verify', 'server.pem', '--ca', 'ca.pem', '--name', 'example.com')).toMatch(
        /^server\.pem: OK\n {2}valid: CN=example\.com ◂ CN=Example CA,O=Example\n/,
      );
      const { status, stdout } = run(bin, ['cert', 'verify', 'server.pem', '--ca', 'ca.pem', '--name', 'www.example.com']);
      expect(status).toBe(1);
      expect(stdout).toMatch(
        /^server\.pem: not valid \(name_mismatch\)\n {2}invalid: .*it is not for "www\.example\.com" but for example\.com\n/,
      );
      expect(refused('verify', '-q', 'server.pem', 's.pem', '--ca', 'ca.pem')).toBe(
        '1 server.pem: OK\ns.pem: not valid (self_signed_leaf)',
      );
      expect(refused('verify', '-q', 'server.pem', '--ca', 'ca.pem', '--at', '2000-01-01')).toMatch(
        /^1 server\.pem: not valid \(not_yet_valid\)/,
      );
      expect(refused('verify', '-q', 'server.pem')).toBe('1 server.pem: not valid (issuer_unknown)');
    });

    it('has JSON for programs', () => {
      const [result] = JSON.parse(
        run(bin, ['cert', 'verify', '--json', 'server.pem', '--ca', 'ca.pem', '-n', 'no.example']).stdout,
      ) as [Record<string, unknown>];
      expect(result).toMatchObject({ file: 'server.pem', isValid: false, reason: 'name_mismatch', depth: 0 });
      const [good] = JSON.parse(cert('verify', '--json', 'server.pem', '--ca', 'ca.pem')) as [
        { path: { subject: { text: string } }[] },
      ];
      expect(good.path.map(({ subject }) => subject.text)).toEqual(['CN=example.com', 'CN=Example CA,O=Example']);
    });

    it('leaves out what it cannot read in a bundle, and says so', () => {
      writeFileSync(join(folder, 'bundle.pem'), `${read('broken.pem')}${read('ca.pem')}`);
      const { status, stderr } = run(bin, ['cert', 'verify', '-q', 'server.pem', '--ca', 'bundle.pem']);
      expect([status, stderr]).toEqual([0, 'left out: bundle.pem: certificate 1: pem: line 4: the line is not base64\n']);
    });
  });

  describe('convert', () => {
    it('goes to DER and back, and writes keys as PKCS#8', () => {
      cert('convert', 'server.pem', '--to', 'der', '-o', 'server.cer');
      expect(cert('convert', 'server.cer')).toBe(read('server.pem'));
      openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', 'sec1.pem');
      openssl('rsa', '-traditional', '-in', 'rsa2048.pem', '-aes128', '-passout', 'pass:old', '-out', 'pkcs1.pem');
      expect(cert('convert', 'sec1.pem')).toBe(openssl('pkey', '-in', 'sec1.pem'));
      expect(cert('convert', 'pkcs1.pem', '--pass', 'pass:old')).toBe(read('rsa2048.pem'));
      expect(cert('convert', 'rsa2048.pem', '--to', 'traditional')).toBe(openssl('rsa', '-traditional', '-in', 'rsa2048.pem'));
      expect(cert('convert', 'sec1.pem', '--to', 'traditional')).toBe(read('sec1.pem'));
      cert('convert', 'pkcs1.pem', '--pass', 'pass:old', '--new-pass', 'file:password', '-o', 'pkcs8.pem');
      expect(openssl('pkey', '-in', 'pkcs8.pem', '-passin', 'pass:vixen')).toBe(read('rsa2048.pem'));
      expect(modeOf('pkcs8.pem')).toBe(0o600);
      cert('convert', 'rsa2048.pem', '--to', 'der', '-o', 'rsa.der');
      expect(cert('convert', 'rsa.der')).toBe(read('rsa2048.pem'));
    });

    it('drops the text around blocks, and takes several files', () => {
      expect(cert('convert', 'many.pem')).toBe(read('ca.pem') + read('server.pem'));
      expect(failed('convert', 'many.pem', '--to', 'der')).toBe(
        '1 foxtls cert convert: there are 2 blocks, and DER holds one: convert a file with one',
      );
    });

    it('writes source code', () => {
      expect(cert('convert', 'ca.pem', '--to', 'c', '--name', 'root')).toMatch(
        /^static const char root\[\] =\n {4}"-----BEGIN CERTIFICATE-----\\n"\n/,
      );
      expect(cert('convert', 'ca.pem', '--to', 'ts-bytes')).toMatch(
        /^export const certificate = Uint8Array\.of\(\n {2}0x30, 0x82, /,
      );
      expect(failed('convert', 'ca.pem', '--to', 'c', '--name', '2fast')).toMatch(/^2 .*--name is a name for C and TypeScript/);
    });
  });

  describe('hash and rehash', () => {
    it('agree with openssl, old and new, in a folder of roots', () => {
      mkdirSync(join(folder, 'certs'));
      mkdirSync(join(folder, 'their-certs'));
      const roots = tls.rootCertificates.slice(0, 60);
      for (const path of ['certs', 'their-certs']) {
        for (const [i, pem] of roots.entries()) writeFileSync(join(folder, path, `root${i}.pem`), `${pem}\n`);
        copyFileSync(join(folder, 'ca.pem'), join(folder, path, 'mine.crt'));
      }
      cert('rehash', '--compat', 'certs');
      openssl('rehash', '-compat', 'their-certs');
      expect(readdirSync(join(folder, 'certs')).sort()).toEqual(readdirSync(join(folder, 'their-certs')).sort());
      expect(cert('hash', 'ca.pem')).toBe(openssl('x509', '-in', 'ca.pem', '-noout', '-subject_hash'));
      expect(cert('hash', '--old', 'ca.pem')).toBe(openssl('x509', '-in', 'ca.pem', '-noout', '-subject_hash_old'));
      expect(cert('hash', '--issuer', 'server.pem')).toBe(openssl('x509', '-in', 'server.pem', '-noout', '-issuer_hash'));
      expect(cert('verify', '-q', 'server.pem', '--ca', 'certs')).toBe('server.pem: OK\n');
    });

    it('names each certificate of several', () => {
      const [first, second] = cert('hash', 'many.pem').trimEnd().split('\n');
      expect(first).toBe(`${cert('hash', 'ca.pem').trim()} many.pem`);
      expect(second).toBe(`${cert('hash', 'server.pem').trim()} many.pem (2)`);
    });
  });

  describe('pin', () => {
    it('is that of curl, for the certificate, the request and the key', () => {
      const pins = ['server.pem', 'server.csr', 'server-key.pem'].map((name) => cert('pin', name));
      const digest = run('sh', [
        '-c',
        'openssl pkey -in server-key.pem -pubout -outform der | openssl dgst -sha256 -binary | openssl enc -base64',
      ]);
      expect(new Set(pins)).toEqual(new Set([`sha256//${digest.stdout}`]));
      expect(cert('pin', '--all', 'many.pem').split('\n')).toHaveLength(3);
    });
  });

  describe('fetch', () => {
    it('saves the chain of a server as it is sent', async () => {
      const server = tls.createServer({ key: read('server-key.pem'), cert: read('server.pem') + read('ca.pem') });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as { port: number };
      const { code, errors } = await start(['fetch', `127.0.0.1:${port}`, '--name', 'example.com', '--out', 'fetched.pem']);
      expect([code, errors]).toEqual([0, `fetched.pem: 2 certificates of 127.0.0.1:${port}, not verified\n`]);
      expect(cert('convert', 'fetched.pem')).toBe(read('server.pem') + read('ca.pem'));
      expect(read('fetched.pem')).toMatch(/^0 s:CN = example\.com\n {2}i:O = Example, CN = Example CA\n-----BEGIN/);
      const plain = await start(['fetch', `localhost:${port}`, '--first', '--plain']);
      expect(plain.output).toBe(read('server.pem'));
      server.close();
    });

    it('asks for TLS first where it begins in clear', async () => {
      const key = { key: read('server-key.pem'), cert: read('server.pem') + read('ca.pem') };
      const server = createServer((socket) => {
        socket.write('220 mail.example.com ESMTP\r\n');
        socket.on('data', (data) => {
          if (data.toString().startsWith('EHLO')) socket.write('250-mail.example.com\r\n250 STARTTLS\r\n');
          else if (data.toString() === 'STARTTLS\r\n') {
            socket.removeAllListeners('data');
            socket.write('220 go ahead\r\n');
            new tls.TLSSocket(socket, { isServer: true, ...key }).on('error', () => undefined);
          } else socket.end('500 what?\r\n');
        });
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const { port } = server.address() as { port: number };
      const { code, output } = await start(['fetch', `localhost:${port}`, '--starttls', 'smtp', '--first', '--plain']);
      expect([code, output]).toEqual([0, read('server.pem')]);
      const wrong = await start(['fetch', `localhost:${port}`, '--starttls', 'imap']);
      expect(wrong.errors).toMatch(/^foxtls cert fetch: localhost:\d+: imap: .*\n$/);
      server.close();
    });

    it('says in one line what is wrong', async () => {
      expect((await start(['fetch', 'localhost:1'])).errors).toBe(
        'foxtls cert fetch: localhost:1: nothing listens there (connection refused)\n',
      );
      expect((await start(['fetch', 'no.such.host.invalid'])).errors).toMatch(/no\.such\.host\.invalid:443: /);
      expect(failed('fetch', 'a:b:c:99999')).toMatch(/^2 foxtls cert fetch: HOST\[:PORT\] is expected/);
    });
  });

  describe('p12 and p7', () => {
    it('make and take apart PKCS#12', () => {
      cert(
        'p12',
        '--key',
        'server-key.pem',
        '--cert',
        'server.pem',
        '--cert',
        'ca.pem',
        '--name',
        'fox',
        '--pass',
        'file:password',
        '-o',
        'server.p12',
      );
      const theirs = openssl('pkcs12', '-in', 'server.p12', '-passin', 'pass:vixen', '-nodes');
      expect(theirs.match(/-----BEGIN .*-----/g)?.sort()).toEqual([
        '-----BEGIN CERTIFICATE-----',
        '-----BEGIN CERTIFICATE-----',
        '-----BEGIN PRIVATE KEY-----',
      ]);
      expect(theirs).toContain('friendlyName: fox');
      expect(cert('convert', 'server-key.pem')).toBe(
        cert('p12', 'server.p12', '--pass', 'file:password').match(/-----BEGIN PRIVATE[\s\S]*END PRIVATE KEY-----\n/)?.[0],
      );
      expect(modeOf('server.p12')).toBe(0o600);
      expect(failed('p12', 'server.p12', '--pass', 'pass:wrong')).toBe('1 foxtls cert p12: server.p12: the password is wrong');
      expect(failed('p12', '--key', 'rsa2048.pem', '--cert', 'server.pem', '--pass', 'pass:x')).toBe(
        '1 foxtls cert p12: none of the certificates is for the key of rsa2048.pem',
      );
    });

    it('sign and verify with openssl, both ways', () => {
      cert(
        'self-signed',
        '--subject',
        'CN=Me',
        '--san',
        'email:me@example.com',
        '--purpose',
        'email',
        '-t',
        'rsa:2048',
        '--key-out',
        'me-key.pem',
        '-o',
        'me.pem',
      );
      writeFileSync(join(folder, 'letter'), 'dear fox\n');
      cert('p7', 'sign', 'letter', '--cert', 'me.pem', '--key', 'me-key.pem', '-o', 'letter.p7m');
      expect(
        run('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'letter.p7m', '-CAfile', 'me.pem']).stdout,
      ).toBe('dear fox\n');
      openssl(
        'cms',
        '-sign',
        '-binary',
        '-in',
        'letter',
        '-signer',
        'me.pem',
        '-inkey',
        'me-key.pem',
        '-outform',
        'DER',
        '-out',
        'letter.p7s',
      );
      const { status, stderr } = run(bin, ['cert', 'p7', 'verify', 'letter.p7s', '--content', 'letter', '--ca', 'me.pem']);
      expect([status, stderr]).toEqual([0, expect.stringMatching(/^signed by CN=Me, \d{4}-.*Z as they say\n$/)]);
      expect(failed('p7', 'verify', 'letter.p7s', '--content', 'me.pem', '--ca', 'me.pem')).toBe(
        '1 foxtls cert p7 verify: the content is not the one that was signed',
      );
    });

    it('encrypt and decrypt with openssl, both ways', () => {
      cert('p7', 'encrypt', 'letter', '--to', 'me.pem', '-o', 'secret.p7m');
      expect(openssl('cms', '-decrypt', '-inform', 'DER', '-in', 'secret.p7m', '-recip', 'me.pem', '-inkey', 'me-key.pem')).toBe(
        'dear fox\n',
      );
      openssl('cms', '-encrypt', '-binary', '-aes-256-cbc', '-in', 'letter', '-outform', 'DER', '-out', 'theirs.p7m', 'me.pem');
      const { status, stdout, stderr } = run(bin, [
        'cert',
        'p7',
        'decrypt',
        'theirs.p7m',
        '--cert',
        'me.pem',
        '--key',
        'me-key.pem',
      ]);
      expect([status, stdout, stderr]).toEqual([
        0,
        'dear fox\n',
        'nothing vouches for this content: it could have been changed on its way\n',
      ]);
    });

    it('bundle certificates', () => {
      cert('p7', 'bundle', 'server.pem', 'ca.pem', 'ca.crl', '-o', 'chain.p7b');
      expect(cert('show', 'chain.p7b').match(/^Certificate:$/gm)).toHaveLength(2);
      const subjects = (text: string) => text.match(/^subject=.*/gm)?.sort();
      expect(subjects(cert('p7', 'certs', 'chain.p7b'))).toEqual(
        subjects(openssl('pkcs7', '-inform', 'DER', '-in', 'chain.p7b', '-print_certs')),
      );
    });
  });

  it('stops quietly when nobody reads any further', () => {
    const { stdout, stderr } = run('bash', ['-c', `'${bin}' cert show certs/*.pem | head -1`]);
    expect([stdout, stderr]).toEqual(['Certificate:\n', '']);
  });
});
