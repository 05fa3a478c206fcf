/**
 * OpenSSL's cipher-list language, as foxtls reads it, against OpenSSL itself: names of suites, words, and what lists stand for.
 */

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { formatCipherSuite, parseCiphers } from '../packages/foxtls/src/node/cipher-list.ts';
import { openSslSuite } from '../packages/foxtls/src/node/openssl-suites.ts';
import { TLS12_CIPHER_SUITES } from '../packages/foxtls/src/protocol/handshake/tls12/cipher-suites.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';

const openssl = (...args: string[]) => execFileSync('openssl', ['ciphers', ...args], { encoding: 'utf8', stdio: 'pipe' });

/** OpenSSL's names by IANA's, of everything that it has below TLS 1.3. */
const theirNames = () =>
  new Map(
    openssl('-v', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0')
      .split('\n')
      .map((line) => line.split(/\s+-?\s*/))
      .filter(([standardName = '']) => standardName.includes('_WITH_'))
      .map(([standardName, name]) => [standardName as string, name as string]),
  );

const LISTS = [
  ...['ALL', 'HIGH', 'HIGH:!aNULL:!MD5', 'DEFAULT', 'ECDHE', 'EECDH', 'kECDHE', 'ECDH', 'DHE', 'EDH', 'kDHE', 'DH', 'aRSA'],
  ...['ECDSA', 'aECDSA', 'PSK', 'kPSK', 'aPSK', 'kECDHEPSK', 'kDHEPSK', 'AES', 'AES128', 'AES256', 'AESGCM', 'AESCCM', 'AESCCM8'],
  ...[
    'CHACHA20',
    'SHA1',
    'SHA',
    'SHA256',
    'SHA384',
    'TLSv1.2',
    'TLSv1',
    'TLSv1.0',
    'SSLv3',
    'ECDHE+AESGCM',
    'ECDHE+AESGCM:!aRSA',
  ],
  ...['ECDHE+AESGCM:!RSA', 'AESGCM+AES128', 'ALL:!AESGCM', 'AES128+AESGCM:CHACHA20:+ECDSA', '!ECDSA:CHACHA20', 'ALL:-PSK:-DHE'],
  ...['CHACHA20:-ECDSA:CHACHA20', 'EECDH+AES:EDH+AES', 'ECDHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA:PSK-AES128-CBC-SHA'],
];

describeWithPeer('cipher lists', 'openssl', () => {
  it('name every suite as OpenSSL does, if it has it', () => {
    const names = theirNames();
    const wrong = TLS12_CIPHER_SUITES.filter(({ name }) => names.has(name) && names.get(name) !== openSslSuite(name)?.name);
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(TLS12_CIPHER_SUITES.filter(({ name }) => names.has(name)).length).toBeGreaterThan(40);
    expect(TLS12_CIPHER_SUITES.filter(({ name }) => openSslSuite(name) === undefined)).toEqual([]);
  });

  it.each(LISTS)('stand for what they stand for in OpenSSL: %s', (list) => {
    const names = theirNames();
    const common = new Set(TLS12_CIPHER_SUITES.flatMap(({ name }) => names.get(name) ?? []));
    // The DEFAULT of foxtls is not that of OpenSSL.
    const theirList = list === 'DEFAULT' ? parseCiphers('DEFAULT').map(formatCipherSuite).join(':') : list;
    const theirs = openssl('-psk', '-s', '-tls1_2', `${theirList}:@SECLEVEL=0`).trim().split(':');
    const ours = parseCiphers(list).map(formatCipherSuite);
    // The order within a word is each one's own.
    const shared = (names: readonly string[]) => names.filter((name) => common.has(name)).sort();
    expect(shared(ours)).toEqual(shared(theirs));
  });

  it.each(['AEAD', 'FOO', 'ECDHE+FOO'])('are refused when OpenSSL refuses them: %s', (list) => {
    expect(() => openssl(list)).toThrow();
    expect(() => parseCiphers(list)).toThrow(expect.objectContaining({ code: 'ERR_SSL_NO_CIPHER_MATCH' }));
  });
});
