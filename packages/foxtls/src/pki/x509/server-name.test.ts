import { describe, expect, it, vi } from 'vitest';
import { writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { utf8String } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { parseCertificate } from './certificate.ts';
import { entity, issueLeaf } from './certificates.fixture.ts';
import { createExtension } from './create-extension.ts';
import { type GeneralName, generalNames, parseIpAddress } from './general-name.ts';
import { domainToAscii } from './idna.ts';
import { matchReference, matchServerName, type ReferenceIdentifier } from './server-name.ts';

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

/** A certificate with any alternative names, or none. */
function certificateWith(names: readonly GeneralName[] | undefined, commonName = 'common.example.com') {
  const subject = entity(commonName);
  const overrides =
    names === undefined ? ({ without: ['subjectAltName'] } as const) : { add: [createExtension('subjectAltName', names)] };
  return parseCertificate(issueLeaf(somebody, { ...somebody, name: subject.name }, overrides));
}

const otherName = (type: string, text: string): GeneralName => ({
  kind: 'otherName',
  value: writeElement(0xa0, encodeDer(objectIdentifier, type), writeElement(0xa0, encodeDer(utf8String, text))),
});
const srvName = (text: string): GeneralName => otherName(OID['id-on-dnsSRV'], text);
const smtpUtf8 = (text: string): GeneralName => otherName(OID['id-on-SmtpUTF8Mailbox'], text);
const uri = (value: string): GeneralName => ({ kind: 'uniformResourceIdentifier', value });
const email = (value: string): GeneralName => ({ kind: 'rfc822Name', value });

describe('matchReference', () => {
  it.each<[string, readonly GeneralName[], ReferenceIdentifier, boolean]>([
    [
      'a URI of the same scheme and host',
      [uri('sip:x'), uri('https://Example.com/a')],
      { kind: 'uri', uri: 'HTTPS://example.com/b' },
      true,
    ],
    [
      'a URI whose host is in Unicode',
      [uri('https://xn--bcher-kva.example/')],
      { kind: 'uri', uri: 'https://bücher.example' },
      true,
    ],
    ['a URI of another scheme', [uri('https://example.com/')], { kind: 'uri', uri: 'wss://example.com/' }, false],
    ['a URI of another host', [uri('https://example.com/')], { kind: 'uri', uri: 'https://www.example.com/' }, false],
    [
      'a URI, when only the host is there',
      [{ kind: 'dNSName', value: 'example.com' }],
      { kind: 'uri', uri: 'https://example.com/' },
      false,
    ],
    ['a URI without a host', [uri('urn:x')], { kind: 'uri', uri: 'urn:x' }, false],
    ['a service', [srvName('_xmpp-client.example.com')], { kind: 'srv', service: 'XMPP-client', name: 'Example.com' }, true],
    [
      'another service',
      [srvName('_xmpp-server.example.com')],
      { kind: 'srv', service: 'xmpp-client', name: 'example.com' },
      false,
    ],
    [
      'a service of another domain',
      [srvName('_imap.example.com')],
      { kind: 'srv', service: 'imap', name: 'www.example.com' },
      false,
    ],
    ['a mailbox, its host in any case', [email('a@EXAMPLE.com')], { kind: 'email', address: 'a@example.com' }, true],
    ['a mailbox in another case', [email('a@example.com')], { kind: 'email', address: 'A@example.com' }, false],
    [
      'an internationalised mailbox',
      [smtpUtf8('医生@大学.example.com')],
      { kind: 'email', address: '医生@xn--pss25c.example.com' },
      true,
    ],
    ['a mailbox without a host', [email('a')], { kind: 'email', address: 'a' }, false],
    ['a host', [{ kind: 'dNSName', value: 'example.com' }], { kind: 'host', name: 'example.com' }, true],
  ])('%s', (_title, names, reference, expected) => {
    expect(matchReference(certificateWith(names), reference)).toBe(expected);
  });
});

describe('the common name', () => {
  const allowed = { dangerouslyMatchCommonName: true };

  it('counts only if that is asked for in so many words', () => {
    const certificate = certificateWith(undefined, 'old.example.com');
    expect(matchServerName(certificate, 'old.example.com')).toBe(false);
    expect(matchServerName(certificate, 'old.example.com', allowed)).toBe(true);
    expect(matchServerName(certificate, 'new.example.com', allowed)).toBe(false);
  });

  it('does not count beside an alternative name of a host, a URI or a service', () => {
    const services: readonly GeneralName[] = [
      { kind: 'dNSName', value: 'x.example' },
      uri('https://x.example/'),
      srvName('_imap.x.example'),
    ];
    for (const name of services) {
      expect(matchServerName(certificateWith([name], 'old.example.com'), 'old.example.com', allowed)).toBe(false);
    }
    expect(matchServerName(certificateWith([email('a@example.com')], 'old.example.com'), 'old.example.com', allowed)).toBe(true);
  });

  it('is never an address', () => {
    expect(matchServerName(certificateWith(undefined, '192.0.2.1'), '192.0.2.1', allowed)).toBe(false);
  });
});

describe('domainToAscii', () => {
  it.each([
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['例え。テスト', 'xn--r8jz45g.xn--zckzah'],
    ['Example.COM', 'example.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['exa\u00admple.example', 'example.example'],
  ])('%s is %s', (name, expected) => {
    expect(domainToAscii(name)).toBe(expected);
  });

  it.each(['ü/x.example', 'ü@example.com', 'ü:80', 'ü#', 'ü?x', 'ü\\x', 'ü%2f', '[ü]', 'ü x', '\uff0f.example', 'xn--ü.example'])(
    '%j is no name',
    (name) => {
      expect(domainToAscii(name)).toBeUndefined();
    },
  );

  it('has no answer for Unicode in a runtime without URL', () => {
    vi.stubGlobal('URL', undefined);
    try {
      expect([domainToAscii('bücher.example'), domainToAscii('Example.com')]).toEqual([undefined, 'example.com']);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
