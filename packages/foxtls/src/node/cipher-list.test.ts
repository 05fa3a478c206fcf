import nodeTls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CIPHERS, formatCipherSuite, getCiphers, parseCiphers } from './cipher-list.ts';

/** OpenSSL's names of the suites of TLS 1.2 that a list stands for. */
const tls12 = (list: string) =>
  parseCiphers(list)
    .map(formatCipherSuite)
    .filter((name) => !name.startsWith('TLS_'));

const ALL = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

describe('a cipher list', () => {
  it.each<[list: string, names: readonly string[]]>([
    ['ECDHE-RSA-AES128-GCM-SHA256', ['ECDHE-RSA-AES128-GCM-SHA256']],
    ['DEFAULT', ALL],
    ['ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!MD5', [...ALL.filter((name) => name.includes('GCM')), ...ALL.slice(2, 4)]],
    ['ECDHE+AESGCM', ALL.filter((name) => name.includes('GCM'))],
    // RSA is static RSA, as in OpenSSL.
    ['ECDHE+AESGCM:!RSA', ALL.filter((name) => name.includes('GCM'))],
    ['ECDHE+AESGCM:!aRSA', ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256']],
    ['AESGCM+AES128+ECDHE', ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256']],
    ['DEFAULT:!AESGCM', ['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305']],
    [
      'ECDHE+AES128+AESGCM:ECDHE+CHACHA20:+ECDSA',
      [
        'ECDHE-RSA-AES128-GCM-SHA256',
        'ECDHE-RSA-CHACHA20-POLY1305',
        'ECDHE-ECDSA-AES128-GCM-SHA256',
        'ECDHE-ECDSA-CHACHA20-POLY1305',
      ],
    ],
    ['!ECDSA:!DHE:!PSK:CHACHA20', ['ECDHE-RSA-CHACHA20-POLY1305']],
    ['!DHE:!PSK:CHACHA20:-ECDSA:CHACHA20', ['ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-CHACHA20-POLY1305']],
    ['aecdsa+chacha20', ['ECDHE-ECDSA-CHACHA20-POLY1305']],
    ['RC4:AES128-SHA:ECDHE-RSA-AES128-SHA', ['ECDHE-RSA-AES128-SHA']],
    ['PSK+AES128+AESGCM', ['ECDHE-PSK-AES128-GCM-SHA256', 'DHE-PSK-AES128-GCM-SHA256', 'PSK-AES128-GCM-SHA256']],
    ['TLS_DHE_RSA_WITH_AES_128_CBC_SHA', ['DHE-RSA-AES128-SHA']],
  ])('%s stands for %j', (list, names) => {
    expect(tls12(list)).toEqual(names);
  });

  it('that names suites of one version alone leaves the other out, as in Node', () => {
    expect(parseCiphers('TLS_AES_128_GCM_SHA256')).toEqual(['TLS_AES_128_GCM_SHA256']);
    expect(parseCiphers('ECDHE-RSA-CHACHA20-POLY1305')).toEqual(['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256']);
  });

  it('of Node’s defaults has all of ours', () => {
    expect([...tls12(nodeTls.DEFAULT_CIPHERS)].sort()).toEqual(expect.arrayContaining([...ALL].sort()));
  });

  it.each(['foo', 'TLS_FOO', 'RC4', 'CHACHA20:!ALL'])(
    'that leaves nothing, or that nobody understands, is refused: %s',
    (list) => {
      expect(() => parseCiphers(list)).toThrow(expect.objectContaining({ code: 'ERR_SSL_NO_CIPHER_MATCH' }));
    },
  );
});

it('the default names what it stands for', () => {
  expect(DEFAULT_CIPHERS.split(':').slice(3)).toEqual(ALL);
  expect(parseCiphers(DEFAULT_CIPHERS)).toHaveLength(9);
  expect(getCiphers()).toEqual(expect.arrayContaining(DEFAULT_CIPHERS.toLowerCase().split(':')));
});
