/**
 * `foxtls/legacy` in the face of node:tls: OpenSSL's names, the key that decrypts, and the warning of the process.
 */

import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatPem } from '../../src/core/asn1/pem.ts';
import type { PrivateKey } from '../../src/crypto/signature.ts';
import { legacy } from '../../src/legacy.ts';
import { createSecureContext } from '../../src/node/secure-context.ts';
import { connectEnds, expectAgreement } from '../matrix/ends.ts';
import { createLegacyWorld, type LegacyWorld } from '../matrix/legacy-world.ts';

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

function contexts(ciphers: string, kind: 'rsa' | 'ec', warn?: (message: string, name: string) => void) {
  const { chain, signer } = world.server[kind];
  const cert = formatPem('CERTIFICATE', chain[0] as Uint8Array);
  const key = formatPem('PRIVATE KEY', (signer as PrivateKey).exportPkcs8());
  const common = { legacy, ciphers, ...(warn && { warn }) };
  return {
    client: createSecureContext({ ...common, ca: formatPem('CERTIFICATE', world.anchor) }).clientConfig(undefined, true),
    server: createSecureContext({ ...common, cert, key }).serverConfig({}),
  };
}

describe('a secure context with foxtls/legacy', () => {
  it.each([
    ['AES128-SHA', 'rsa', 'TLS_RSA_WITH_AES_128_CBC_SHA'],
    ['AES256-GCM-SHA384', 'rsa', 'TLS_RSA_WITH_AES_256_GCM_SHA384'],
    ['ECDH-ECDSA-AES128-SHA', 'ec', 'TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA'],
    ['ADH-AES128-SHA256', 'rsa', 'TLS_DH_anon_WITH_AES_128_CBC_SHA256'],
    ['ECDHE-RSA-RC4-SHA', 'rsa', 'TLS_ECDHE_RSA_WITH_RC4_128_SHA'],
  ] as const)('speaks %s with a key of %s', (ciphers, kind, name) => {
    const told: string[] = [];
    const { client, server } = contexts(ciphers, kind, (_message, thing) => told.push(thing));
    const ends = connectEnds(client, server);
    expectAgreement(ends);
    expect(ends.client.info?.suite.name).toBe(name);
    expect(told).toEqual([name, name]);
  });

  it('emits one warning of the process for a thing, whatever contexts there are', async () => {
    const warnings: Error[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    const first = once(process, 'warning');
    for (let i = 0; i < 2; i++) {
      const { client, server } = contexts('CAMELLIA128-SHA', 'rsa');
      expectAgreement(connectEnds(client, server));
    }
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings.filter(({ name }) => name === 'FoxtlsLegacyWarning')).toEqual([
      expect.objectContaining({ code: 'TLS_RSA_WITH_CAMELLIA_128_CBC_SHA', message: expect.stringContaining('forward secrecy') }),
    ]);
  });
});
