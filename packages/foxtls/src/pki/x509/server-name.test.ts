import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { parseCertificate } from './certificate.ts';
import { entity, issueLeaf } from './certificates.fixture.ts';
import { generalNames, parseIpAddress } from './general-name.ts';
import { matchServerName } from './server-name.ts';

const somebody = entity('common.example.com');

/** A certificate with these alternative names, as they are, also where we would refuse to write them. */
function certificateFor(dnsNames: readonly string[], ipAddresses: readonly string[] = []) {
  const extnValue = encodeDer(generalNames, [
    ...dnsNames.map((value) => ({ kind: 'dNSName', value }) as const),
    ...ipAddresses.map((text) => ({ kind: 'iPAddress', value: parseIpAddress(text) as Uint8Array }) as const),
  ]);
  return parseCertificate(issueLeaf(somebody, somebody, { add: [{ extnID: OID.subjectAltName, critical: false, extnValue }] }));
}

describe('matchServerName', () => {
  it.each([
    ['the same name', ['example.com'], 'example.com'],
    ['any case', ['ExAmple.com'], 'eXample.COM'],
    ['a final dot in the name asked for', ['example.com'], 'example.com.'],
    ['one of several names', ['a.example', 'b.example'], 'b.example'],
    ['a wildcard for one label', ['*.example.com'], 'www.example.com'],
    ['a wildcard for an A-label', ['*.example.com'], 'xn--bcher-kva.example.com'],
    ['a name of one label', ['localhost'], 'localhost'],
    ['a Unicode name as its A-labels', ['xn--bcher-kva.example'], 'Bücher.example'],
    ['a Unicode name under a wildcard', ['*.example.com'], '例え.example.com'],
    ['a name with an underscore', ['my_host.example.com'], 'my_host.example.com'],
    ['labels that begin with digits', ['1.2.3.4example'], '1.2.3.4example'],
  ])('accepts %s', (_title, names, asked) => {
    expect(matchServerName(certificateFor(names), asked)).toBe(true);
  });

  it.each([
    ['the common name', ['example.com'], 'common.example.com'],
    ['a name below', ['example.com'], 'www.example.com'],
    ['a name above', ['www.example.com'], 'example.com'],
    ['a wildcard for no label', ['*.example.com'], 'example.com'],
    ['a wildcard for an empty label', ['*.example.com'], '.example.com'],
    ['a wildcard for two labels', ['*.example.com'], 'a.b.example.com'],
    ['a wildcard in another label', ['www.*.example.com'], 'www.a.example.com'],
    ['a wildcard as a part of a label', ['w*.example.com'], 'www.example.com'],
    ['a wildcard as a part of an A-label', ['xn--*-kva.example.com'], 'xn--bcher-kva.example.com'],
    ['two wildcards', ['*.*.example.com'], 'a.b.example.com'],
    ['a wildcard for a top-level domain', ['*.com'], 'example.com'],
    ['a wildcard alone', ['*'], 'localhost'],
    ['a wildcard asked for', ['*.example.com'], '*.example.com'],
    ['a name with a NUL behind', ['example.com\0.evil.example'], 'example.com'],
    ['white space', [' example.com'], 'example.com'],
    ['a final dot in the certificate', ['example.com.'], 'example.com'],
    ['an IP address written as a DNS name', ['192.0.2.1'], '192.0.2.1'],
    ['an IP address in a wildcard', ['*.0.2.1'], '192.0.2.1'],
    ['an empty name', ['example.com'], ''],
    ['a name that is no DNS name', ['exa mple.com'], 'exa mple.com'],
    ['a Unicode name that no DNS name can come of', ['xn--bcher-kva.example'], 'bücher/.example'],
  ])('refuses %s', (_title, names, asked) => {
    expect(matchServerName(certificateFor(names), asked)).toBe(false);
  });

  it('compares IP addresses by value, with iPAddress only', () => {
    const certificate = certificateFor(['2001-db8--1.example'], ['192.0.2.1', '2001:db8::1']);
    expect(matchServerName(certificate, '192.0.2.1')).toBe(true);
    expect(matchServerName(certificate, '2001:0DB8:0::1')).toBe(true);
    expect(matchServerName(certificate, '[2001:db8::1]')).toBe(true);
    expect(matchServerName(certificate, '192.0.2.2')).toBe(false);
    expect(matchServerName(certificate, '192.0.2.01')).toBe(false);
    expect(matchServerName(certificate, '::ffff:192.0.2.1')).toBe(false);
  });

  it('refuses everything when there are no alternative names', () => {
    const certificate = parseCertificate(issueLeaf(somebody, somebody, { without: ['subjectAltName'] }));
    expect(matchServerName(certificate, 'common.example.com')).toBe(false);
  });
});
