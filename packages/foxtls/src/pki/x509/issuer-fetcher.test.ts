import { describe, expect, it } from 'vitest';
import { writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { issueCa, issueLeaf, NOW } from './certificates.fixture.ts';
import { lower, middle, middleCert, NO_KEY_IDS, root, rootCert, server, strangerCert } from './chains.fixture.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import { explain } from './explain.ts';
import type { Fetcher } from './fetcher.ts';
import { validateCertificate, validateCertificateSync } from './validate-certificate.ts';

const MIDDLE = 'http://ca.example/middle.cer';
const LOWER = 'http://ca.example/lower.cer';

const from = (...uris: readonly string[]) =>
  createExtension(
    'authorityInfoAccess',
    uris.map((uri) => ({ accessMethod: OID['id-ad-caIssuers'], accessLocation: createGeneralName('uri', uri) })),
  );

const leaf = issueLeaf(lower, server, { add: [from(LOWER)] });
const lowerFrom = issueCa(middle, lower, { add: [from(MIDDLE)] });

/** A fetcher of what stands in a table; everything else is not found. */
function fetcherOf(table: Readonly<Record<string, Uint8Array>>) {
  const asked: string[] = [];
  const fetcher: Fetcher = {
    fetch({ uri, method }) {
      asked.push(`${method} ${uri}`);
      const found = table[uri];
      if (found === undefined) throw new Error('not found');
      return found;
    },
  };
  return { fetcher, asked };
}

function validate(issuerFetcher: Fetcher, certificate = leaf, options: { readonly maxFetches?: number } = {}) {
  return validateCertificateSync({
    provider: nodeProvider,
    certificate,
    trustAnchors: [rootCert],
    at: NOW,
    issuerFetcher,
    ...options,
  });
}

/** A certs-only message (RFC 5652 §5.1). */
function certsOnly(...certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = writeElement(
    0x30,
    fromHex('020101'),
    fromHex('3100'),
    writeElement(0x30, encodeDer(objectIdentifier, OID['id-data'])),
    writeElement(0xa0, ...certificates),
    fromHex('3100'),
  );
  return writeElement(0x30, encodeDer(objectIdentifier, OID['id-signedData']), writeElement(0xa0, signedData));
}

describe('issuers', () => {
  it('are fetched one after the other from where certificates say they are', () => {
    const { fetcher, asked } = fetcherOf({ [LOWER]: lowerFrom, [MIDDLE]: middleCert });
    const result = validate(fetcher);
    expect(result.isValid && result.path.map(({ subject }) => `${subject}`)).toEqual([
      'CN=Server',
      'CN=Lower',
      'CN=Middle',
      'CN=Root',
    ]);
    expect(asked).toEqual([`GET ${LOWER}`, `GET ${MIDDLE}`]);
  });

  it('are not asked for when they were sent', () => {
    const { fetcher, asked } = fetcherOf({});
    const intermediates = [lowerFrom, middleCert];
    const options = {
      provider: nodeProvider,
      certificate: leaf,
      intermediates,
      trustAnchors: [rootCert],
      at: NOW,
      issuerFetcher: fetcher,
    };
    expect(validateCertificateSync(options).isValid).toBe(true);
    expect(asked).toEqual([]);
  });

  it('come out of a message of certificates, too', () => {
    const { fetcher } = fetcherOf({
      [LOWER]: certsOnly(strangerCert, fromHex('3000'), lowerFrom),
      [MIDDLE]: certsOnly(middleCert),
    });
    expect(validate(fetcher).isValid).toBe(true);
  });

  it('are waited for', async () => {
    const { fetcher } = fetcherOf({ [LOWER]: lowerFrom, [MIDDLE]: middleCert });
    const slow: Fetcher = { fetch: async (request, signal) => fetcher.fetch(request, signal) };
    const options = { provider: nodeProvider, certificate: leaf, trustAnchors: [rootCert], at: NOW, issuerFetcher: slow };
    expect((await validateCertificate(options)).isValid).toBe(true);
  });

  it.each([
    ['are nowhere', undefined, 'not found'],
    ['are no certificates', fromHex('3003020100'), 'certificate'],
    ['are an empty message', certsOnly(), ''],
    ['are no DER at all', fromHex('ff'), 'fetched'],
  ])('leave the search as it was when they %s', (_title, body, said) => {
    const result = validate(fetcherOf(body === undefined ? {} : { [LOWER]: body }).fetcher);
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'issuer_unknown', depth: 0 } });
    expect(explain(result)).toContain(said);
  });

  it('are nothing but candidates: what has not signed is not taken', () => {
    const impostor = issueCa(root, { ...lower, key: server.key }, NO_KEY_IDS);
    const { fetcher } = fetcherOf({ [LOWER]: impostor });
    expect(validate(fetcher)).toMatchObject({ isValid: false, problem: { reason: 'signature_invalid' } });
  });

  it('are asked for at no more than two addresses of a certificate, each once, and of the web only', () => {
    const many = ['ldap://a.example/x', 'file:///etc/passwd', ...Array.from({ length: 9 }, (_, i) => `http://${i}.example/`)];
    const { fetcher, asked } = fetcherOf({});
    validate(fetcher, issueLeaf(lower, server, { add: [from(...many)] }));
    expect(asked).toEqual(['GET http://0.example/', 'GET http://1.example/']);
  });

  it('are not fetched beyond the budget', () => {
    const { fetcher, asked } = fetcherOf({ [LOWER]: lowerFrom, [MIDDLE]: middleCert });
    expect(validate(fetcher, leaf, { maxFetches: 1 }).isValid).toBe(false);
    expect(asked).toEqual([`GET ${LOWER}`]);
  });

  it('end the validation when nobody waits for them any more', () => {
    const controller = new AbortController();
    const issuerFetcher: Fetcher = {
      fetch() {
        controller.abort();
        throw new Error('aborted');
      },
    };
    const options = {
      provider: nodeProvider,
      certificate: leaf,
      trustAnchors: [rootCert],
      at: NOW,
      issuerFetcher,
      signal: controller.signal,
    };
    expect(() => validateCertificateSync(options)).toThrow('aborted');
  });
});
