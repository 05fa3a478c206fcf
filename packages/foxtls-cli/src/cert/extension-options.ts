/** Extensions that a certificate can be given on the command line, for `ca`, `self-signed` and `sign`. */

import { OID } from 'foxtls/asn1';
import {
  createDistributionPoint,
  createExtension,
  createGeneralName,
  type Extension,
  type GeneralName,
  MUST_STAPLE,
} from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';

const EXTENSION_OPTIONS = {
  'crl-url': { type: 'string', multiple: true, value: 'URL', help: 'where the CRL is that lists it; may be repeated' },
  'ocsp-url': { type: 'string', multiple: true, value: 'URL', help: 'where OCSP answers about it; may be repeated' },
  'issuer-url': { type: 'string', multiple: true, value: 'URL', help: "where its issuer's certificate is; may be repeated" },
  policy: { type: 'string', multiple: true, value: 'OID', help: 'a certificate policy; may be repeated' },
} as const satisfies OptionTable;

/** Those of certificates that are no authorities. */
export const END_ENTITY_OPTIONS = {
  purpose: {
    type: 'string',
    short: 'p',
    multiple: true,
    choices: ['server', 'client', 'email', 'code', 'time', 'ocsp'],
    help: 'what it is for; may be repeated (server)',
  },
  'must-staple': { type: 'boolean', help: 'servers have to staple an OCSP response (RFC 7633)' },
  ...EXTENSION_OPTIONS,
} as const satisfies OptionTable;

/** Those of authorities. */
export const AUTHORITY_OPTIONS = {
  'path-length': { type: 'string', value: 'N', help: 'how many authorities may follow below (any number)' },
  permit: {
    type: 'string',
    multiple: true,
    value: 'KIND:NAME',
    help: 'names that it may certify, as DNS:example.com, IP:10.0.0.0/8; may be repeated',
  },
  exclude: { type: 'string', multiple: true, value: 'KIND:NAME', help: 'names that it must not certify; may be repeated' },
  ...EXTENSION_OPTIONS,
} as const satisfies OptionTable;

const PURPOSES = {
  server: 'serverAuth',
  client: 'clientAuth',
  email: 'emailProtection',
  code: 'codeSigning',
  time: 'timeStamping',
  ocsp: 'OCSPSigning',
} as const;

/** The purposes that were given; for servers when none were. */
export function purposesOf(given: readonly string[] = ['server']): (typeof PURPOSES)[keyof typeof PURPOSES][] {
  return given.map((purpose) => PURPOSES[purpose as keyof typeof PURPOSES]);
}

interface CommonChoice extends OptionValues<typeof EXTENSION_OPTIONS> {
  readonly 'must-staple'?: boolean | undefined;
  readonly purpose?: readonly string[] | undefined;
}

export function commonExtensions(options: CommonChoice): Extension[] {
  const { 'crl-url': crls = [], 'ocsp-url': responders = [], 'issuer-url': issuers = [], policy: policies = [] } = options;
  const access = (oid: string, urls: readonly string[]) =>
    urls.map((url) => ({ accessMethod: oid, accessLocation: createGeneralName('uri', url) }));
  const accesses = [...access(OID['id-ad-ocsp'], responders), ...access(OID['id-ad-caIssuers'], issuers)];
  return [
    ...(crls.length === 0 ? [] : [createExtension('cRLDistributionPoints', crls.map(createDistributionPoint))]),
    ...(accesses.length === 0 ? [] : [createExtension('authorityInfoAccess', accesses)]),
    ...(policies.length === 0
      ? []
      : [
          createExtension(
            'certificatePolicies',
            policies.map((policyIdentifier) => ({ policyIdentifier })),
          ),
        ]),
    ...(options['must-staple'] === true ? [createExtension('tlsFeature', MUST_STAPLE)] : []),
    ...(options.purpose?.includes('ocsp') ? [OCSP_NO_CHECK] : []),
  ];
}

/** So that nobody asks a responder about itself (RFC 6960 §4.2.2.2.1): its value is NULL. */
const OCSP_NO_CHECK: Extension = { extnID: OID['id-pkix-ocsp-nocheck'], critical: false, extnValue: Uint8Array.of(5, 0) };

export function authorityExtensions(options: OptionValues<typeof AUTHORITY_OPTIONS>): Extension[] {
  const { permit = [], exclude = [] } = options;
  const constraints = {
    ...(permit.length === 0 ? {} : { permittedSubtrees: permit.map(subtreeOf) }),
    ...(exclude.length === 0 ? {} : { excludedSubtrees: exclude.map(subtreeOf) }),
  };
  const isConstrained = permit.length + exclude.length > 0;
  return [...commonExtensions(options), ...(isConstrained ? [createExtension('nameConstraints', constraints)] : [])];
}

const SUBTREE_KINDS = ['dns', 'ip', 'email', 'uri'];

function subtreeOf(text: string): GeneralName {
  const [, kind = '', name = ''] = /^([A-Za-z]+):(.+)$/s.exec(text) ?? [];
  switch (kind.toLowerCase()) {
    case 'dns':
      return createGeneralName('dns', name.replace(/^\./, ''));
    case 'ip':
      return createGeneralName('subnet', name);
    case 'email':
      return { kind: 'rfc822Name', value: name };
    case 'uri':
      return { kind: 'uniformResourceIdentifier', value: name };
    default:
      throw new UsageError(`names are KIND:NAME with a kind of ${SUBTREE_KINDS.join(', ')}, not ${JSON.stringify(text)}`);
  }
}
