/**
 * `foxtls cert` makes keys, authorities, requests, certificates and lists: what it prints, its exit codes and files, and what OpenSSL says of them.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { createWorkbench } from './harness/foxtls-command.ts';
import { startPeer } from './harness/peer-process.ts';
import { waitUntil } from './harness/wait.ts';

const { folder, bin, run, cert, failed, refused, openssl, read, modeOf, start, inTerminal } = createWorkbench();

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
});

describeWithPeer('foxtls cert makes', 'openssl', () => {
  describe('key', () => {
    it.each([
      ['p-256', /^Private-Key: \(256 bit\)[\s\S]*NIST CURVE: P-256/],
      ['p-384', /^Private-Key: \(384 bit\)/],
      ['p-521', /^Private-Key: \(521 bit\)/],
      ['rsa:2048', /^Private-Key: \(2048 bit, 2 primes\)/],
      ['ed25519', /^ED25519 Private-Key:/],
      ['ed448', /^ED448 Private-Key:/],
    ])('makes %s, encrypted or not', (type, text) => {
      const name = type.replace(':', '');
      cert('key', '--type', type, '--out', `${name}.pem`, '--public', `${name}-pub.pem`);
      expect(openssl('pkey', '-in', `${name}.pem`, '-noout', '-text')).toMatch(text);
      expect(openssl('pkey', '-in', `${name}.pem`, '-pubout')).toBe(read(`${name}-pub.pem`));
      cert('key', '--type', type, '--password-file', 'password', '--out', `${name}-secret.pem`);
      expect(read(`${name}-secret.pem`)).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      expect(openssl('pkey', '-in', `${name}-secret.pem`, '-passin', 'pass:vixen', '-noout', '-text')).toMatch(text);
      expect([modeOf(`${name}.pem`), modeOf(`${name}-secret.pem`)]).toEqual([0o600, 0o600]);
      // As people look at it here: never the secret half.
      expect(cert('show', `${name}.pem`)).toBe(
        openssl('pkey', '-pubin', '-in', `${name}-pub.pem`, '-noout', '-text_pub').replace('Public-Key', 'Private-Key'),
      );
    });

    it('asks for a password at the terminal, twice for a new key, and shows nothing of it', async () => {
      const making = await inTerminal([`key`, '--pass', 'prompt', '--out', 'asked.pem'], ['secret\r', 'secret\r']);
      expect(making).toBe('Password for asked.pem: \r\nThe same again: \r\n');
      expect(openssl('pkey', '-in', 'asked.pem', '-passin', 'pass:secret', '-noout')).toBe('');
      const pinning = await inTerminal(['pin', 'asked.pem'], ['secrex\x7ft\r']);
      expect(pinning).toMatch(/^Password for asked\.pem: \r\nsha256\/\/[A-Za-z0-9+/]{43}=\r\n$/);
      expect(await inTerminal(['pin', 'asked.pem'], ['\x03'])).toBe('Password for asked.pem: \r\nfoxtls cert pin: stopped\r\n');
      const differing = await inTerminal(['key', '--pass', 'prompt', '--out', 'differing.pem'], ['one\r', 'two\r']);
      expect(differing).toContain('foxtls cert key: the passwords differ\r\n');
      expect(existsSync(join(folder, 'differing.pem'))).toBe(false);
    });

    it('says in one line what is wrong', () => {
      expect(failed('key', '--type', 'rsa:100')).toMatch(
        /^2 foxtls cert key: --key-type is one of p-256, .*, not "rsa:100" \(foxtls cert key --help\)$/,
      );
      expect(failed('key', '--pass', 'vixen')).toMatch(/^2 foxtls cert key: a password is given as env:NAME, file:PATH/);
      expect(failed('key', '--pass', 'env:NOBODY')).toBe(
        '1 foxtls cert key: the environment has no variable NOBODY with a password',
      );
      expect(failed('key', '--in', 'ca-key.pem', '--public', 'x.pem')).toBe(
        '1 foxtls cert key: a password is needed and there is nobody to ask: give --pass env:NAME or --pass file:PATH',
      );
      expect(failed('key', '--in', 'ca-key.pem', '--pass', 'pass:wrong', '--public', 'x.pem')).toBe(
        '1 foxtls cert key: ca-key.pem: the password is wrong',
      );
      expect(failed('key', '--out', 'nowhere/key.pem')).toBe(
        '1 foxtls cert key: nowhere/key.pem: there is no such file or folder',
      );
    });

    it('overwrites nothing unless it is told to', () => {
      const before = read('server-key.pem');
      expect(failed('key', '--out', 'server-key.pem')).toBe(
        '1 foxtls cert key: server-key.pem exists already: give another name, or --force to overwrite it',
      );
      expect(read('server-key.pem')).toBe(before);
      expect(failed('self-signed', 'a.example', '--key-out', 'both.pem', '--out', 'both.pem')).toBe(
        '2 foxtls cert self-signed: both.pem is named for two things: give each a file of its own (foxtls cert self-signed --help)',
      );
      writeFileSync(join(folder, 'open.pem'), 'old', { mode: 0o644 });
      cert('key', '--out', 'open.pem', '--force');
      expect(modeOf('open.pem')).toBe(0o600);
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    });
  });

  describe('ca, csr and sign', () => {
    it('make a chain that openssl accepts at its strictest', () => {
      expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', '-verify_hostname', 'example.com', 'server.pem')).toBe(
        'server.pem: OK\n',
      );
      expect(modeOf('ca-key.pem')).toBe(0o600);
    });

    it('count in the same serial file as openssl', () => {
      const serials = [read('ca.srl')];
      expect(openssl('x509', '-in', 'server.pem', '-noout', '-serial')).toBe(`serial=${serials[0]}`);
      openssl(
        'x509',
        '-req',
        '-in',
        'server.csr',
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca-key.pem',
        '-passin',
        'pass:vixen',
        '-CAserial',
        'ca.srl',
        '-out',
        'theirs.pem',
      );
      serials.push(read('ca.srl'));
      cert(
        'sign',
        'server.csr',
        '--ca',
        'ca.pem',
        '--ca-key',
        'ca-key.pem',
        '--ca-pass',
        'env:CA_PASSWORD',
        '--serial-file',
        'ca.srl',
        '-o',
        'again.pem',
      );
      serials.push(read('ca.srl'));
      const numbers = serials.map((serial) => BigInt(`0x${serial.trim()}`));
      expect(numbers.map((number) => number - (numbers[0] as bigint))).toEqual([0n, 1n, 2n]);
    });

    it('sign what openssl asks for, and openssl signs what they ask for', () => {
      openssl(
        'req',
        '-new',
        '-newkey',
        'ed25519',
        '-nodes',
        '-keyout',
        'o-key.pem',
        '-subj',
        '/CN=o.example',
        '-addext',
        'subjectAltName=DNS:o.example',
        '-out',
        'o.csr',
      );
      cert('sign', 'o.csr', '--ca', 'ca.pem', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password', '--out', 'o.pem');
      expect(openssl('verify', '-CAfile', 'ca.pem', '-verify_hostname', 'o.example', 'o.pem')).toBe('o.pem: OK\n');
      expect(openssl('verify', '-CAfile', 'ca.pem', 'theirs.pem')).toBe('theirs.pem: OK\n');
    });

    it('write the extensions that they are given', () => {
      const authority = ['--ca', 'ca.pem', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password'];
      cert(
        'ca',
        '-s',
        'CN=Below',
        ...authority,
        '--path-length',
        '0',
        '--permit',
        'DNS:example.com',
        '--permit',
        'IP:10.0.0.0/8',
        '--exclude',
        'DNS:bad.example.com',
        '--key-out',
        'below-key.pem',
        '-o',
        'below.pem',
        '--days',
        '100',
      );
      const text = openssl('x509', '-in', 'below.pem', '-noout', '-text');
      expect(text).toContain('CA:TRUE, pathlen:0');
      expect(text).toContain(
        'Permitted:\n                  DNS:example.com\n                  IP:10.0.0.0/255.0.0.0\n                Excluded:\n                  DNS:bad.example.com\n',
      );
      const below = ['--ca', 'below.pem', '--ca-key', 'below-key.pem'];
      const urls = [
        '--crl-url',
        'http://example.com/crl',
        '--ocsp-url',
        'http://example.com/ocsp',
        '--issuer-url',
        'http://example.com/ca',
      ];
      cert(
        'sign',
        'server.csr',
        ...below,
        ...urls,
        '--policy',
        '1.2.3.4',
        '--must-staple',
        '--purpose',
        'server',
        '--purpose',
        'client',
        '--serial',
        '4D2F',
        '-o',
        'full.pem',
      );
      const full = openssl('x509', '-in', 'full.pem', '-noout', '-text');
      for (const part of [
        'URI:http://example.com/crl',
        'OCSP - URI:http://example.com/ocsp',
        'CA Issuers - URI:http://example.com/ca',
        'Policy: 1.2.3.4',
        'status_request',
        'TLS Web Client Authentication',
        'Serial Number: 19759 (0x4d2f)',
      ]) {
        expect(full).toContain(part);
      }
      expect(openssl('verify', '-x509_strict', '-CAfile', 'ca.pem', '-untrusted', 'below.pem', 'full.pem')).toBe(
        'full.pem: OK\n',
      );
      cert('sign', 'server.csr', ...below, '--san', 'DNS:other.org', '-o', 'outside.pem');
      expect(refused('verify', 'outside.pem', '--ca', 'ca.pem', '--untrusted', 'below.pem', '-q')).toBe(
        '1 outside.pem: not valid (name_constraint_violated)',
      );
    });

    it('make no authority out of a request that asks to be one', () => {
      openssl(
        'req',
        '-new',
        '-key',
        'server-key.pem',
        '-subj',
        '/CN=Climber',
        '-addext',
        'basicConstraints=critical,CA:TRUE',
        '-out',
        'climber.csr',
      );
      cert('sign', 'climber.csr', '--ca', 'ca.pem', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password', '-o', 'climber.pem');
      expect(openssl('x509', '-in', 'climber.pem', '-noout', '-ext', 'basicConstraints')).toContain('CA:FALSE');
    });

    it('say in one line what is wrong', () => {
      expect(failed('ca', '--key-out', 'x.pem')).toBe(
        '2 foxtls cert ca: say what it is called: --subject "CN=Example CA" (foxtls cert ca --help)',
      );
      expect(failed('ca', '-s', 'CN=x')).toMatch(/^2 foxtls cert ca: say where the new key goes with --key-out FILE/);
      expect(failed('ca', '-s', 'Example', '--key-out', 'x.pem')).toMatch(
        /^1 foxtls cert ca: "Example" is not part of a name: TYPE=VALUE is expected/,
      );
      expect(failed('csr', '--key-out', 'x.pem')).toMatch(/^2 foxtls cert csr: say who it is for/);
      expect(failed('csr', 'not a name', '--key-out', 'x.pem')).toMatch(/^1 foxtls cert csr: "not a name" is not/);
      expect(failed('csr', 'a.example', '--san', 'IP:300.1.1.1', '--key-out', 'x.pem')).toMatch(
        /^1 foxtls cert csr: "300.1.1.1" is not an IP address/,
      );
      expect(failed('sign', 'server.csr')).toBe(
        '2 foxtls cert sign: say who signs: --ca FILE --ca-key FILE (foxtls cert sign --help)',
      );
      expect(failed('sign', 'server.pem', '--ca', 'ca.pem')).toBe(
        '1 foxtls cert sign: server.pem has no request (it has: certificate)',
      );
      expect(failed('sign', 'server.csr', '--ca', 'server.pem', '--ca-key', 'server-key.pem')).toMatch(
        /server\.pem is not the certificate of an authority/,
      );
      expect(failed('sign', 'server.csr', '--ca', 'ca.pem', '--ca-key', 'server-key.pem')).toMatch(
        /server-key\.pem is not the key of ca\.pem/,
      );
      expect(
        failed('sign', 'server.csr', '--ca', 'ca.pem', '--days', 'many', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password'),
      ).toBe('2 foxtls cert sign: --days is a whole number, not "many" (foxtls cert sign --help)');
    });
  });

  describe('self-signed', () => {
    it('makes a key and a certificate for names, addresses, mailboxes and URIs', () => {
      cert(
        'self-signed',
        'a.example',
        '192.0.2.1',
        '::1',
        '--san',
        'email:a@example.com',
        '--san',
        'URI:https://a.example/',
        '--key-out',
        's-key.pem',
        '--days',
        '30',
        '--from',
        '2026-01-01',
        '-o',
        's.pem',
      );
      const text = openssl('x509', '-in', 's.pem', '-noout', '-text');
      expect(text).toContain(
        'DNS:a.example, IP Address:192.0.2.1, IP Address:0:0:0:0:0:0:0:1, email:a@example.com, URI:https://a.example/',
      );
      expect(text).toContain('Not Before: Jan  1 00:00:00 2026 GMT\n            Not After : Jan 31 00:00:00 2026 GMT');
      expect(openssl('pkey', '-in', 's-key.pem', '-pubout')).toBe(openssl('x509', '-in', 's.pem', '-noout', '-pubkey'));
    });

    it('writes DER when it is asked', () => {
      cert('self-signed', 'a.example', '--key', 'server-key.pem', '--der', '-o', 'self.cer');
      expect(openssl('x509', '-inform', 'der', '-in', 'self.cer', '-noout', '-subject')).toBe('subject=CN = a.example\n');
    });
  });

  describe('crl and ocsp', () => {
    const authority = ['--ca', 'ca.pem', '--ca-key', 'ca-key.pem', '--ca-pass', 'file:password'];

    it('revoke, and go on from the last list', () => {
      cert('crl', ...authority, '--revoke', 'again.pem:keyCompromise', '--days', '7', '--out', 'ca.crl');
      expect(cert('show', 'ca.crl')).toBe(openssl('crl', '-in', 'ca.crl', '-noout', '-text'));
      cert('crl', ...authority, '--in', 'ca.crl', '--revoke', '4D2F:superseded', '--out', 'ca.crl', '--force');
      const text = openssl('crl', '-in', 'ca.crl', '-CAfile', 'ca.pem', '-noout', '-text');
      expect(text).toMatch(/CRL Number: \n\s+2\n/);
      expect(text.match(/Serial Number: /g)).toHaveLength(2);
      expect(cert('show', 'ca.crl')).toBe(text);
      expect(refused('verify', '-q', 'server.pem', 'again.pem', '--ca', 'ca.pem', '--crl', 'ca.crl')).toBe(
        '1 server.pem: OK\nagain.pem: not valid (revoked)',
      );
      expect(run('openssl', ['verify', '-crl_check', '-CRLfile', 'ca.crl', '-CAfile', 'ca.pem', 'again.pem']).stderr).toContain(
        'certificate revoked',
      );
      expect(failed('crl', ...authority, '--revoke', 's.pem')).toMatch(
        /^1 foxtls cert crl: s\.pem was issued by CN=a\.example, not by CN=Example CA/,
      );
      expect(failed('crl', ...authority, '--revoke', '4D2F:boredom')).toMatch(
        /^2 foxtls cert crl: "boredom" is no reason: unspecified, keyCompromise/,
      );
    });

    it('answer for stapling', () => {
      cert('ocsp', 'answer', 'again.pem', ...authority, '--crl', 'ca.crl', '-o', 'again.ocsp');
      const args = ['ocsp', '-respin', 'again.ocsp', '-issuer', 'ca.pem', '-cert', 'again.pem', '-CAfile', 'ca.pem'];
      expect(openssl(...args)).toMatch(/^again\.pem: revoked\n[\s\S]*Reason: keyCompromise/);
    });

    it('answer openssl and themselves over HTTP, also by a delegated responder', async () => {
      cert('csr', '--subject', 'CN=Responder', '--key-out', 'ocsp-key.pem', '-o', 'ocsp.csr');
      cert('sign', 'ocsp.csr', ...authority, '--purpose', 'ocsp', '-o', 'ocsp.pem');
      const responder = ['--ca', 'ca.pem', '--signer', 'ocsp.pem', '--signer-key', 'ocsp-key.pem', '--crl', 'ca.crl'];
      const serving = start(['ocsp', 'serve', ...responder, '--port', '0', '--requests', '5']);
      await waitUntil(
        () => serving.output().includes('\n'),
        () => serving.errorText(),
      );
      const url = /http:\S+/.exec(serving.output())?.[0] as string;
      const ask = (name: string) => start(['ocsp', 'ask', name, '--issuer', 'ca.pem', '--url', url, '--allow-private']);
      const good = await ask('server.pem');
      expect([good.code, good.output]).toEqual([
        0,
        expect.stringMatching(/^server\.pem: good\n\tThis Update: .* GMT\n\tNext Update: .* GMT\n$/),
      ]);
      const revoked = await ask('again.pem');
      expect([revoked.code, revoked.output]).toEqual([
        1,
        expect.stringMatching(/^again\.pem: revoked\n[\s\S]*\tReason: keyCompromise\n\tRevocation Time: /),
      ]);
      for (const [name, answer] of [
        ['server.pem', 'good'],
        ['again.pem', 'revoked'],
      ] as const) {
        expect(openssl('ocsp', '-url', url, '-issuer', 'ca.pem', '-cert', name, '-CAfile', 'ca.pem')).toMatch(
          new RegExp(`^${name}: ${answer}\n`),
        );
      }
      cert('csr', 'asked.example', '--key-out', 'asked-key.pem', '-o', 'asked.csr');
      cert('sign', 'asked.csr', ...authority, '--ocsp-url', url, '-o', 'asked-for.pem');
      const verified = ['verify', '-q', 'asked-for.pem', '--ca', 'ca.pem', '--revocation', 'hard-fail'];
      expect(refused(...verified)).toBe('1 asked-for.pem: not valid (revocation_unknown)');
      const fetching = await start([...verified, '--fetch', '--allow-private']);
      expect([fetching.code, fetching.output]).toEqual([0, 'asked-for.pem: OK\n']);
      expect((await serving).code).toBe(0);
      expect(serving.output().match(/ (good|revoked)$/gm)).toEqual([' good', ' revoked', ' good', ' revoked', ' good']);
    });
  });

  it('does what the README says', () => {
    const block = /```sh\n(npx foxtls cert [\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] as string;
    mkdirSync(join(folder, 'readme'));
    const { status, stdout, stderr } = run('bash', ['-e', '-c', `cd readme; ${block.replaceAll('npx foxtls', `'${bin}'`)}`]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^localhost\.pem: OK\n[\s\S]*\nCertificate:\n/);
    expect(openssl('verify', '-CAfile', 'readme/ca.pem', '-verify_hostname', 'localhost', 'readme/localhost.pem')).toMatch(
      /: OK\n$/,
    );
  });

  it('makes what the server of the README shows, and its client trusts', async () => {
    const block = /```sh\n(npx foxtls server [\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] as string;
    const [server = [], client = []] = block.split('\n').map((line) => line.split(' ').slice(2));
    const options = { folder: join(folder, 'readme'), environment: { HOME: folder } };
    const serving = startPeer(process.execPath, [bin, ...server, '--port', '0'], options);
    const [, port = ''] = await serving.prints(/listening on 127\.0\.0\.1:(\d+)/);
    const asking = startPeer(process.execPath, [bin, ...client, '--port', port], options);
    expect(await asking.exited()).toEqual({ code: 0, signal: null });
    expect(asking.output).toContain('I hear you fa shizzle!');
    expect(await serving.exited()).toEqual({ code: 0, signal: null });
  });
});
