import { encodeDer, ia5String, OID, TAG, writeElement } from 'foxtls/asn1';
import { createExtension, createGeneralName } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { extensionsText } from './extension-text.ts';

const extension = (extnID: string, extnValue: Uint8Array) => ({ extnID, critical: false, extnValue });

describe('extensions as text', () => {
  it('stand under their names, critical ones marked', () => {
    const names = [createGeneralName('dns', 'example.com'), createGeneralName('ip', '2001:db8::1')];
    expect(
      extensionsText([
        createExtension('basicConstraints', { cA: true, pathLenConstraint: 0 }),
        createExtension('subjectAltName', names),
      ]),
    ).toEqual([
      'X509v3 Basic Constraints: critical',
      '    CA:TRUE, pathlen:0',
      'X509v3 Subject Alternative Name: ',
      '    DNS:example.com, IP Address:2001:DB8:0:0:0:0:0:1',
    ]);
  });

  it('that nobody knows, or that cannot be read, are shown by their octets', () => {
    expect(extensionsText([extension('1.2.3.4', Uint8Array.of(0x41, 0, 0x1b))])).toEqual(['1.2.3.4: ', '    A..']);
    expect(extensionsText([extension(OID.keyUsage, Uint8Array.of(0x42))])).toEqual(['X509v3 Key Usage: ', '    B']);
  });

  it('send no control sequences to the terminal', () => {
    const hostile = writeElement(TAG.SEQUENCE, writeElement(0x82, new TextEncoder().encode('a\x1b[2J\nDNS:b')));
    expect(extensionsText([extension(OID.subjectAltName, hostile)])[1]).toBe('    DNS:a.[2J.DNS:b');
    const comment = encodeDer(ia5String, 'x\r\x1b]0;y\x07');
    expect(extensionsText([extension('2.16.840.1.113730.1.13', comment)])[1]).toBe('    x..]0;y.');
  });

  it('work on no absurd numbers', () => {
    const number = writeElement(TAG.INTEGER, new Uint8Array(1 << 20).fill(0x7f));
    // A number of a megabyte would take minutes to write in decimal, which the time limit of a test notices.
    const text = extensionsText([extension(OID.inhibitAnyPolicy, number), extension('2.5.29.20', number)]);
    expect(JSON.stringify(text).length).toBeLessThan(4 << 20);
  });
});
