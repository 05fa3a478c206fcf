import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { sha1, sha256 } from '../../crypto/node/hash.ts';
import { fingerprint, parseCertificate } from './certificate.ts';
import { entity, issueCa, issueLeaf, type Overrides, unknownExtension } from './certificates.fixture.ts';
import { createName } from './name.ts';
import { subjectAltNameExtension } from './write-certificate.ts';

const root = entity(createName({ commonName: 'Root, "the" CA', organization: 'Example', country: 'DE' }));
const server = entity('server');
const leaf = issueLeaf(root, server, {
  serialNumber: fromHex('00ff01'),
  add: [subjectAltNameExtension(['example.com', '*.example.org'], ['192.0.2.1', '2001:db8::5'], false), unknownExtension(false)],
});

describe('parseCertificate', () => {
  it('reads what Node reads', () => {
    const ours = parseCertificate(leaf);
    const nodes = new X509Certificate(leaf);
    expect(ours.serialNumber).toBe(nodes.serialNumber);
    expect(ours.validFrom).toEqual(new Date(nodes.validFrom));
    expect(ours.validTo).toEqual(new Date(nodes.validTo));
    expect(ours.isCa).toBe(nodes.ca);
    expect(toHex(ours.publicKey)).toBe(nodes.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'));
    expect(fingerprint(ours, sha256)).toBe(nodes.fingerprint256);
    expect(fingerprint(ours, sha1)).toBe(nodes.fingerprint);
    expect(ours.known.extKeyUsage).toEqual(nodes.keyUsage);
    expect(nodes.subjectAltName).toBe(
      'DNS:example.com, DNS:*.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:5',
    );
    expect(ours.dnsNames).toEqual(['example.com', '*.example.org']);
    expect(ours.ipAddresses).toEqual(['192.0.2.1', '2001:db8::5']);
  });

  it('shows names, versions, keys and algorithms', () => {
    const certificate = parseCertificate(issueCa(root, root));
    expect(certificate).toMatchObject({
      version: 3,
      isCa: true,
      isSelfIssued: true,
      keyType: { kind: 'ec', curve: 'secp256r1' },
    });
    expect(certificate.signatureAlgorithm).toEqual({ kind: 'ecdsa', hash: 'sha256' });
    expect(certificate.subject.toString()).toBe('CN=Root\\, \\"the\\" CA,O=Example,C=DE');
    expect([...(certificate.known.keyUsage ?? [])]).toEqual(['keyCertSign', 'cRLSign']);
    expect(parseCertificate(leaf)).toMatchObject({ isCa: false, isSelfIssued: false });
  });

  it('keeps extensions that it does not know, with their critical flag', () => {
    const certificate = parseCertificate(issueLeaf(root, server, { add: [unknownExtension(true)] }));
    expect(certificate.extensions.at(-1)).toEqual(unknownExtension(true));
  });

  it('copies the bytes, so that later changes do not reach it', () => {
    const bytes = Uint8Array.from(leaf);
    const certificate = parseCertificate(bytes);
    bytes.fill(0);
    expect(certificate.raw).toEqual(leaf);
  });

  it.each([
    ['01', '01'],
    ['00', '00'],
    ['0080', '80'],
    ['ff', '-01'],
    ['80', '-80'],
    ['ff00', '-0100'],
    ['00ffffffffffffffffffffffffffffffffffffffff', 'FF'.repeat(20)],
  ])('shows the serial number %s as %s', (content, shown) => {
    expect(parseCertificate(issueLeaf(root, server, { serialNumber: fromHex(content) })).serialNumber).toBe(shown);
  });
});

describe('a malformed certificate is refused', () => {
  const withExtension = (name: keyof typeof OID, hex: string) =>
    issueLeaf(root, server, { add: [{ extnID: OID[name], critical: false, extnValue: fromHex(hex) }] });
  const withFields = (overrides: Overrides) => issueLeaf(root, server, overrides);
  const tbs = 'certificate.tbs_certificate';
  const last = `${tbs}.extensions[4]`;

  const cases: readonly [title: string, certificate: Uint8Array, path: string, problem: string][] = [
    ['when it is empty', new Uint8Array(0), 'certificate', 'the input ends inside the element'],
    ['when it is cut off', leaf.slice(0, -1), 'certificate', 'bytes are left'],
    ['when bytes follow', concat(leaf, fromHex('00')), 'certificate', '1 bytes follow'],
    ['when it is an empty SEQUENCE', fromHex('3000'), 'certificate', 'tbs_certificate is missing'],
    [
      'when it is another structure',
      fromHex('3003020100'),
      'certificate.tbs_certificate',
      'SEQUENCE is expected, INTEGER is there',
    ],
    ['when the version does not exist', withFields({ version: 4 as 3 }), `${tbs}.version`, 'versions 1 to 3 exist, 4 is there'],
    ['when version 1 has extensions', withFields({ version: 1 }), `${tbs}.extensions`, 'not allowed in version 1'],
    ['when version 2 has extensions', withFields({ version: 2 }), `${tbs}.extensions`, 'not allowed in version 2'],
    [
      'when the serial number is not minimal',
      withFields({ serialNumber: fromHex('0001') }),
      `${tbs}.serial_number`,
      'shortest form',
    ],
    [
      'when the public key is none',
      withFields({ publicKey: fromHex('3000') }),
      `${tbs}.subject_public_key_info`,
      'algorithm is missing',
    ],
    [
      'when an extension is there twice',
      withFields({ extensions: [unknownExtension(true), unknownExtension(false)] }),
      `${tbs}.extensions[1]`,
      'is there twice',
    ],
    [
      'when a known extension is there twice',
      withFields({ extensions: [san(), san()] }),
      `${tbs}.extensions[1]`,
      'the extension subjectAltName is there twice',
    ],
    [
      'when basicConstraints is no SEQUENCE',
      withExtension('basicConstraints', '0101ff'),
      `${last}.basic_constraints`,
      'SEQUENCE is expected',
    ],
    [
      'when pathLenConstraint is negative',
      withExtension('basicConstraints', '30060101ff0201ff'),
      `${last}.basic_constraints.path_len_constraint`,
      'out of range',
    ],
    [
      'when basicConstraints has bytes behind it',
      withExtension('basicConstraints', '300000'),
      `${last}.basic_constraints`,
      '1 bytes follow',
    ],
    ['when extKeyUsage is empty', withExtension('extKeyUsage', '3000'), `${last}.ext_key_usage`, '0 items are too few'],
    ['when subjectAltName is empty', withExtension('subjectAltName', '3000'), `${last}.subject_alt_name`, '0 items are too few'],
    [
      'when a DNS name is not ASCII',
      withExtension('subjectAltName', '30038201e4'),
      `${last}.subject_alt_name[0]`,
      'outside ASCII',
    ],
    [
      'when an IP address has 5 octets',
      withExtension('subjectAltName', '300787050102030405'),
      `${last}.subject_alt_name`,
      '5 octets, 4 or 16 are expected',
    ],
    [
      'when an alternative name is of no kind',
      withExtension('subjectAltName', '30028900'),
      `${last}.subject_alt_name[0]`,
      '[9] is there',
    ],
    [
      'when the key identifier is no OCTET STRING',
      withExtension('subjectKeyIdentifier', '020101'),
      `${tbs}.extensions[5].subject_key_identifier`,
      'OCTET STRING is expected',
    ],
    [
      'when PSS has no parameters',
      withAlgorithm('300b06092a864886f70d01010a'),
      'certificate.signature_algorithm.parameters',
      'RSASSA-PSS signatures need parameters',
    ],
    [
      'when ECDSA has parameters',
      withAlgorithm('300c06082a8648ce3d0403020500'),
      'certificate.signature_algorithm.parameters',
      'takes no parameters',
    ],
    [
      'when RSA has parameters other than NULL',
      withAlgorithm('300e06092a864886f70d01010b020100'),
      'certificate.signature_algorithm.parameters',
      'takes NULL',
    ],
  ];
  it.each(cases)('%s', (_title, certificate, path, problem) => {
    const read = () => parseCertificate(certificate);
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(expect.objectContaining({ path, message: expect.stringContaining(problem) }));
  });

  it('when it is larger than the limit', () => {
    expect(() => parseCertificate(leaf, { maxSize: 100 })).toThrow('bytes are more than the limit of 100');
  });

  it('with a DecodeError wherever it is cut, and whichever byte is changed, or it is read', () => {
    for (let i = 0; i < leaf.length; i++) {
      expect(() => parseCertificate(leaf.subarray(0, i))).toThrow(DecodeError);
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(leaf);
        changed[i] = (changed[i] as number) ^ flip;
        expect(errorName(() => parseCertificate(changed))).toMatch(/^(DecodeError|none)$/);
      }
    }
  });

  it('although critical FALSE and cA FALSE may be written out', () => {
    const extnValue = fromHex('3003010100');
    const certificate = withFields({ add: [{ extnID: OID.basicConstraints, critical: false, extnValue }] });
    expect(parseCertificate(certificate).known.basicConstraints).toEqual({ cA: false, pathLenConstraint: undefined });
  });

  it('although keyUsage may have trailing zero bits, as in two roots of Mozilla', () => {
    const certificate = withExtension('keyUsage', '0303070600');
    expect(parseCertificate(certificate).known.keyUsage).toEqual(new Set(['keyCertSign', 'cRLSign']));
  });
});

function san() {
  return subjectAltNameExtension(['example.com'], [], false);
}

/** A certificate whose algorithm identifiers, inside and outside, are replaced; the lengths are put right. */
function withAlgorithm(hex: string): Uint8Array {
  const plain = parseCertificate(issueLeaf(root, server, { extensions: [] }));
  const ecdsa = '300a06082a8648ce3d040302';
  const inside = toHex(plain.tbsCertificate).split(ecdsa);
  const [head = '', tail = ''] = [inside[0], inside[1]];
  const tbs = writeElement(TAG.SEQUENCE, fromHex(head).subarray(3), fromHex(hex), fromHex(tail));
  return writeElement(TAG.SEQUENCE, tbs, fromHex(hex), writeElement(TAG.BIT_STRING, fromHex('0000')));
}

function errorName(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}
