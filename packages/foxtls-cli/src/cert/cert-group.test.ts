import { describe, expect, it } from 'vitest';
import { commandsOf } from '../command/command.ts';
import { certGroup } from './cert-group.ts';

describe('foxtls cert', () => {
  it('has the commands that its users know', () => {
    expect(
      commandsOf(certGroup)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(
      [
        'ca',
        'convert',
        'crl',
        'csr',
        'fetch',
        'hash',
        'key',
        'ocsp',
        'p12',
        'p7',
        'pin',
        'rehash',
        'self-signed',
        'show',
        'sign',
        'verify',
      ].sort(),
    );
  });
});
