import { describe, expect, it } from 'vitest';
import { writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { utf8String } from '../../core/asn1/strings.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { parseCertificate } from './certificate.ts';
import { entity, issueCa, issueLeaf, type Overrides } from './certificates.fixture.ts';
import { leafOfMiddle, middle, refusal, root, server, subjects, verify } from './chains.fixture.ts';
import type { Extension } from './extensions.ts';
import { type GeneralName, generalNames, parseIpAddress } from './general-name.ts';
import { createName } from './name.ts';
import { type NameConstraints, nameConstraints } from './name-constraints.ts';

const dns = (value: string): GeneralName => ({ kind: 'dNSName', value });
const ip = (...parts: readonly string[]): GeneralName => {
  const value = Uint8Array.from(parts.flatMap((part) => [...(parseIpAddress(part) as Uint8Array)]));
  return { kind: 'iPAddress', value };
};
const email = (value: string): GeneralName => ({ kind: 'rfc822Name', value });
const uri = (value: string): GeneralName => ({ kind: 'uniformResourceIdentifier', value });
/** An otherName of some type, with a UTF8String in it. */
const other = (type: string, text = 'x'): GeneralName => {
  const value = writeElement(0xa0, encodeDer(objectIdentifier, type), writeElement(0xa0, encodeDer(utf8String, text)));
  return { kind: 'otherName', value };
};
const smtpUtf8 = (mailbox: string) => other(OID['id-on-SmtpUTF8Mailbox'], mailbox);
const directory = (organization: string, commonName?: string): GeneralName => ({
  kind: 'directoryName',
  value: createName(commonName === undefined ? { organization } : { organization, commonName }),
});

function names(...list: readonly GeneralName[]): Extension {
  return { extnID: OID.subjectAltName, critical: false, extnValue: encodeDer(generalNames, list) };
}

function constraints(value: NameConstraints): Extension {
  return { extnID: OID.nameConstraints, critical: true, extnValue: encodeDer(nameConstraints, value) };
}

/** A server with these names under an intermediate with these constraints. */
function situation(value: NameConstraints, list: readonly GeneralName[], leaf: Overrides = {}) {
  const middleCert = issueCa(root, middle, { add: [constraints(value)] });
  return { chain: [issueLeaf(middle, server, { add: [names(...list)], ...leaf }), middleCert], serverName: undefined };
}

const permit = (...permittedSubtrees: readonly GeneralName[]): NameConstraints => ({ permittedSubtrees });
const exclude = (...excludedSubtrees: readonly GeneralName[]): NameConstraints => ({ excludedSubtrees });
const NET = ip('192.0.2.0', '255.255.255.0');
const NET6 = ip('2001:db8::', 'ffff:ffff::');

describe('name constraints allow', () => {
  it.each<[string, NameConstraints, readonly GeneralName[]]>([
    ['the DNS name itself', permit(dns('example.com')), [dns('example.com')]],
    ['a DNS name below, in any case', permit(dns('Example.com')), [dns('a.b.eXample.com')]],
    ['a name in one of several subtrees', permit(dns('a.example'), dns('b.example')), [dns('x.b.example'), dns('a.example')]],
    ['a wildcard within', permit(dns('example.com')), [dns('*.example.com')]],
    ['everything under the empty DNS name', permit(dns('')), [dns('example.com')]],
    ['a DNS name beside an excluded one', exclude(dns('bad.example.com')), [dns('good.example.com'), dns('notbad.example.com')]],
    ['a wildcard two labels above an excluded name', exclude(dns('a.b.example.com')), [dns('*.example.com')]],
    ['an IPv4 address within', permit(NET), [ip('192.0.2.255')]],
    ['an IPv6 address within', permit(NET, NET6), [ip('2001:db8:1::1'), ip('192.0.2.1')]],
    ['an address of the other family than the excluded one', exclude(NET), [ip('::1')]],
    ['another form of name than the constrained one', permit(NET), [dns('example.com')]],
    ['a mailbox', permit(email('a@example.com')), [email('a@EXAMPLE.com')]],
    ['a mailbox at a host', permit(email('example.com')), [email('b@example.com')]],
    ['a mailbox in a domain', permit(email('.example.com')), [email('b@mail.example.com')]],
    ['a directory name below', permit(directory('Example'), directory('Other')), [directory('EXAMPLE', 'x')]],
    ['a form that is not processed but not used', exclude(other('1.2.3')), [dns('example.com')]],
    ['another type of otherName than the constrained one', exclude(other('1.2.3')), [other('1.2.4')]],
    ['a URI at the host', permit(uri('example.com')), [uri('https://example.com/path')]],
    ['a URI in the domain', permit(uri('.example.com')), [uri('https://a.b.example.com')]],
    ['a mailbox whose local part looks like a wildcard', permit(email('**@example.com')), [email('**@example.com')]],
    ['an internationalised mailbox at a host', permit(email('example.com')), [smtpUtf8('学生@example.com')]],
    [
      'an internationalised mailbox at a host in Unicode',
      permit(email('xn--pss25c.example.com')),
      [smtpUtf8('医生@大学.example.com')],
    ],
  ])('%s', (_title, value, list) => {
    const subject = createName({ organization: 'Example' });
    expect(subjects(verify(situation(value, list, { subject })))).toEqual([undefined, 'Middle', 'Root']);
  });

  it('everything in a self-issued certificate that is not the last one', () => {
    const newMiddle = entity('Middle');
    const chain = [
      issueLeaf(newMiddle, server),
      issueCa(middle, newMiddle, { add: [names(dns('elsewhere.example'))] }),
      issueCa(root, middle, { add: [constraints(permit(dns('example.com')))] }),
    ];
    expect(verify({ chain }).kind).toBe('verified');
  });
});

describe('name constraints forbid', () => {
  it.each<[string, NameConstraints, readonly GeneralName[]]>([
    ['a DNS name elsewhere', permit(dns('example.com')), [dns('example.com'), dns('example.org')]],
    ['a DNS name that only ends alike', permit(dns('example.com')), [dns('notexample.com')]],
    ['a DNS name above', permit(dns('www.example.com')), [dns('example.com')]],
    ['a wildcard of which a part is outside', permit(dns('www.example.com')), [dns('*.example.com')]],
    ['a wildcard of which a part is excluded', exclude(dns('www.example.com')), [dns('*.example.com')]],
    [
      'a DNS name that is permitted and excluded',
      { ...permit(dns('example.com')), ...exclude(dns('example.com')) },
      [dns('example.com')],
    ],
    ['a DNS name that is none', permit(dns('example.com')), [dns('.example.com')]],
    ['every DNS name under the excluded empty one', exclude(dns('')), [dns('example.com')]],
    ['an IPv4 address outside', permit(NET), [ip('192.0.3.0')]],
    ['an IPv6 address when only IPv4 is permitted', permit(NET), [ip('2001:db8::1')]],
    ['an excluded IPv6 address', exclude(NET6), [ip('2001:db8::1')]],
    ['another mailbox', permit(email('a@example.com')), [email('A@example.com')]],
    ['a mailbox of a host below', permit(email('example.com')), [email('a@mail.example.com')]],
    ['a mailbox of the domain itself', permit(email('.example.com')), [email('a@example.com')]],
    ['a mailbox that is none', permit(email('example.com')), [email('example.com')]],
    ['a directory name elsewhere', permit(directory('Example')), [directory('Other')]],
    ['the subject elsewhere', permit(directory('Other')), [directory('Other')]],
    ['a form that is not processed', exclude(other('1.2.3')), [other('1.2.3')]],
    ['a URI of another host', permit(uri('example.com')), [uri('https://elsewhere.example/')]],
    ['a URI of a host below', permit(uri('example.com')), [uri('https://www.example.com/')]],
    ['a URI of the domain itself', permit(uri('.example.com')), [uri('https://example.com/')]],
    [
      'a URI at an excluded host, in any case, behind a name and before a port',
      exclude(uri('example.com')),
      [uri('x://u:p@EXAMPLE.com:8/')],
    ],
    ['a URI of an address', permit(uri('example.com')), [uri('https://192.0.2.1/')]],
    ['a URI of an address, whatever is excluded', exclude(uri('example.com')), [uri('https://[2001:db8::1]/')]],
    ['a URI without a host', exclude(uri('example.com')), [uri('urn:isbn:0')]],
    ['an internationalised mailbox elsewhere', permit(email('example.com')), [smtpUtf8('学生@elsewhere.example')]],
    [
      'an internationalised mailbox at a host in Unicode',
      exclude(email('xn--pss25c.example.com')),
      [smtpUtf8('医生@大学.example.com')],
    ],
  ])('%s', (_title, value, list) => {
    const error = refusal(situation(value, list, { subject: createName({ organization: 'Example' }) }));
    expect([error.reason, error.depth]).toEqual(['name_constraint_violated', 0]);
  });

  it('a mailbox in the subject when there is none among the alternative names', () => {
    const subject = createName({ emailAddress: 'a@example.org' });
    expect(refusal(situation(permit(email('example.com')), [dns('example.com')], { subject })).message).toContain(
      'email:a@example.org',
    );
  });

  it('names of intermediates too, and of every authority above', () => {
    const lower = entity('Lower');
    const top = issueCa(root, root, { add: [constraints(permit(directory('Example')))] });
    expect(refusal({ chain: [leafOfMiddle, issueCa(root, middle)], anchors: [top] })).toMatchObject({
      reason: 'name_constraint_violated',
      depth: 0,
    });
    const subject = createName({ organization: 'Example' });
    const chain = [
      issueLeaf({ ...lower, name: subject }, server, { subject }),
      issueCa(middle, lower, { subject }),
      issueCa(root, middle),
    ];
    const error = refusal({ chain, anchors: [top] });
    expect([error.reason, error.depth]).toEqual(['name_constraint_violated', 2]);
  });

  it('more comparisons than the budget has', () => {
    const list = Array.from({ length: 20 }, (_, i) => dns(`${i}.example.com`));
    const { chain } = situation(permit(...list), list, { subject: createName({}) });
    // Each name with each subtree, and each subtree once.
    const options = { maxNameComparisons: 419 };
    expect(refusal({ chain, options, serverName: undefined }).reason).toBe('budget_exceeded');
    expect(verify({ chain, options: { maxNameComparisons: 420 }, serverName: undefined }).kind).toBe('verified');
  });
});

describe('name constraints are malformed', () => {
  const subtree = (kindAndValue: string) => {
    const base = fromHex(kindAndValue);
    return `30${toHex(Uint8Array.of(base.length + 4, 0xa0, base.length + 2, 0x30, base.length))}${toHex(base)}`;
  };
  it.each([
    ['when empty', '3000', 'there is no subtree'],
    ['when a list is empty', '3002a000', '0 items are too few'],
    ['with a minimum', subtree('820161800101'), 'a minimum or a maximum'],
    ['with a maximum', subtree('820161810101'), 'a minimum or a maximum'],
    ['with a DNS name that begins with a dot', subtree('82022e61'), 'the dNSName is not one'],
    ['with an IP address without a mask', subtree('870401020304'), 'the iPAddress is not one'],
    ['with a mask that has a hole', subtree('870801020304ff00ff00'), 'the iPAddress is not one'],
    ['with a mailbox of two at signs', subtree('81056140624063'), 'the rfc822Name is not one'],
  ])('%s', (_title, hex, problem) => {
    const add = [{ extnID: OID.nameConstraints, critical: true, extnValue: fromHex(hex) }];
    expect(() => parseCertificate(issueCa(root, middle, { add }))).toThrow(problem);
  });
});
