import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../core/bytes/bytes.ts';
import { md5, sha256 } from '../../crypto/node/hash.ts';
import type { ClientHelloInfo } from './client-hello-info.ts';
import { ja3, ja3Hash, ja4, ja4Raw } from './fingerprint.ts';

const NOTHING: ClientHelloInfo = {
  serverName: undefined,
  alpnProtocols: [],
  cipherSuites: [],
  groups: [],
  signatureSchemes: [],
  versions: [0x0303],
  legacyVersion: 0x0303,
  keyShareGroups: [],
  pointFormats: [],
  extensionTypes: [],
  raw: EMPTY,
};

const hexList = (text: string) => text.split(',').map((code) => Number.parseInt(code, 16));

/** The example of FoxIO's description: Chrome, with GREASE where it sends it. */
const CHROME: ClientHelloInfo = {
  ...NOTHING,
  serverName: 'example.com',
  alpnProtocols: ['h2', 'http/1.1'],
  versions: [0x1a1a, 0x0304, 0x0303],
  cipherSuites: [0x8a8a, ...hexList('1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035')],
  extensionTypes: [0x2a2a, ...hexList('001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015'), 0xeaea],
  signatureSchemes: hexList('0403,0804,0401,0503,0805,0501,0806,0601'),
};

describe('JA4', () => {
  it('is that of the published example', () => {
    expect(ja4(CHROME, sha256)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  it('is, before it is hashed, that of the published example', () => {
    expect(ja4Raw(CHROME)).toBe(
      't13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_' +
        '0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_0403,0804,0401,0503,0805,0501,0806,0601',
    );
  });

  it('has no underscore after the extensions without signature schemes', () => {
    expect(ja4({ ...CHROME, signatureSchemes: [] }, sha256)).toBe('t13d1516h2_8daaf6152771_6d807ffa2a79');
  });

  it('leaves GREASE out of the signature schemes too', () => {
    expect(ja4({ ...CHROME, signatureSchemes: [0x3a3a, ...CHROME.signatureSchemes] }, sha256)).toBe(ja4(CHROME, sha256));
  });

  it('is twelve zeros where there is nothing to hash', () => {
    expect(ja4(NOTHING, sha256)).toBe('t12i000000_000000000000_000000000000');
  });

  it('does not depend on where the client goes, behind its head', () => {
    const elsewhere = {
      ...CHROME,
      alpnProtocols: [],
      extensionTypes: CHROME.extensionTypes.filter((type) => type !== 0 && type !== 16),
    };
    expect(ja4(elsewhere, sha256)).toBe('t13i151400_8daaf6152771_e5627efa2ab1');
  });

  it('counts no further than 99', () => {
    const many = Array.from({ length: 120 }, (_, i) => i);
    expect(ja4({ ...NOTHING, cipherSuites: many, extensionTypes: many }, sha256)).toMatch(/^t12d999900_/);
  });

  it.each([
    ['h2', 'h2'],
    ['http/1.1', 'h1'],
    ['h', 'hh'],
    ['\u00ab', 'ab'],
    ['\u00ab\u00cd', 'ad'],
    ['0\u00ab', '3b'],
    ['01\u00ab\u00cd', '3d'],
    ['0\u00ab\u00cd1', '01'],
  ])('takes from the protocol %j the characters %s', (protocol, characters) => {
    expect(ja4({ ...NOTHING, alpnProtocols: [protocol] }, sha256)).toMatch(new RegExp(`^t12i0000${characters}_`));
  });

  it.each([
    ['t13', 0x0303, [0x0304, 0x0303]],
    ['t12', 0x0301, [0x0302, 0x0303]],
    ['t10', 0x0301, [0x0301]],
    ['ts3', 0x0300, [0x0300]],
    ['dd3', 0xfefd, [0xfefc, 0xfefd]],
    ['dd1', 0xfeff, [0xfeff]],
    ['t00', 0x0303, [0x7f1c]],
  ])('begins with %s for its version', (head, legacyVersion, versions) => {
    expect(ja4({ ...NOTHING, legacyVersion, versions }, sha256).slice(0, 3)).toBe(head);
  });
});

describe('JA3', () => {
  const OLD: ClientHelloInfo = {
    ...NOTHING,
    legacyVersion: 769,
    cipherSuites: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
    extensionTypes: [0, 10, 11],
    groups: [23, 24, 25],
    pointFormats: [0],
  };

  it('is that of the published example', () => {
    expect(ja3(OLD)).toBe('769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0');
    expect(ja3Hash(OLD, md5)).toBe('ada70206e40642a3e4461f35503241d5');
  });

  it('is that of the published example without extensions', () => {
    const bare = { ...NOTHING, legacyVersion: 769, cipherSuites: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] };
    expect(ja3(bare)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,');
    expect(ja3Hash(bare, md5)).toBe('de350869b8c85de67a350c8d186f11e6');
  });

  it('leaves GREASE out', () => {
    const greased = {
      ...OLD,
      cipherSuites: [0x0a0a, ...OLD.cipherSuites],
      extensionTypes: [...OLD.extensionTypes, 0xfafa],
      groups: [0x1a1a, ...OLD.groups],
    };
    expect(ja3(greased)).toBe(ja3(OLD));
  });
});
