/**
 * The alert for each thing that can be wrong with a certificate (RFC 5246 §7.2.2, RFC 8446 §4.4.2.4, §6.2): of either end, in each version,
 * over streams and datagrams.
 */

import { describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { OID } from '../../src/core/asn1/object-identifiers.ts';
import type { AlertName } from '../../src/core/registry/alerts.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { type Entity, entity, issueCa, issueLeaf, NOW, type Overrides } from '../../src/pki/x509/certificates.fixture.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { extKeyUsageExtension, subjectAltNameExtension } from '../../src/pki/x509/write-certificate.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { connectDatagramEnds } from './datagram-ends.ts';
import { connectEnds, SERVER_NAME } from './ends.ts';

const DAY = 24 * 3_600_000;
const root = entity('Root', { kind: 'rsa', bits: 2048 });
const stranger = entity('Stranger');
const [server, client] = [entity('Server'), entity('Client')];
const purposes = { server: extKeyUsageExtension([OID.serverAuth]), client: extKeyUsageExtension([OID.clientAuth]) } as const;
const others = { server: 'client', client: 'server' } as const;
const rsaWith = (hash: 'md5' | 'sha1') => ({ algorithm: { kind: 'rsa-pkcs1', hash } }) as const;
const name = subjectAltNameExtension([SERVER_NAME], [], false);
const tampered = (certificate: Uint8Array) => certificate.with(-1, (certificate.at(-1) as number) ^ 1);

type Role = 'client' | 'server';
/** The certificate that whoever is `role` shows, signed by `issuer`. */
const leafOf = (role: Role, overrides: Overrides = {}, issuer: Entity = root, purpose = purposes[role]) =>
  issueLeaf(issuer, role === 'server' ? server : client, { add: [purpose, name], ...overrides });

const WRONG: readonly (readonly [what: string, alert: AlertName, make: (role: Role) => Uint8Array])[] = [
  // RFC 8446 §4.4.2.4: "any signature algorithm using an MD5 hash MUST abort the handshake with a 'bad_certificate' alert"
  ['is signed with MD5', 'bad_certificate', (role) => leafOf(role, rsaWith('md5'))],
  // RFC 8446 §4.4.2.4: "any signature algorithm using a SHA-1 hash abort the handshake with a 'bad_certificate' alert"
  ['is signed with SHA-1', 'bad_certificate', (role) => leafOf(role, rsaWith('sha1'))],
  // RFC 5246 §7.2.2: "bad_certificate A certificate was corrupt, contained signatures that did not verify correctly, etc."
  ['is not what was signed', 'bad_certificate', (role) => tampered(leafOf(role))],
  // RFC 8446 §6.2: "certificate_expired: A certificate has expired or is not currently valid."
  ['is over', 'certificate_expired', (role) => leafOf(role, { validTo: new Date(NOW.getTime() - DAY) })],
  // RFC 5246 §7.2.2: "certificate_expired A certificate has expired or is not currently valid."
  ['has not begun', 'certificate_expired', (role) => leafOf(role, { validFrom: new Date(NOW.getTime() + DAY) })],
  // RFC 5246 §7.2.2: "unsupported_certificate A certificate was of an unsupported type."
  // RFC 8446 §4.4.2.2: "with an appropriate certificate-related alert (by default, 'unsupported_certificate'"
  ['is for the other end', 'unsupported_certificate', (role) => leafOf(role, {}, root, purposes[others[role]])],
  // RFC 8446 §6.2: "unknown_ca: … the CA certificate could not be located"
  ['is of an unknown authority', 'unknown_ca', (role) => leafOf(role, {}, stranger)],
];

const credential = (role: Role, certificate = leafOf(role)): X509Credential => ({
  kind: 'x509',
  chain: [certificate],
  signer: (role === 'server' ? server : client).key,
});

function handshake(transport: 'TLS' | 'DTLS', version: 'TLSv1.3' | 'TLSv1.2', shown: Partial<Record<Role, Uint8Array>>) {
  const verifier = createX509Verifier({ provider, trustAnchors: [issueCa(root, root)] });
  const common = { provider, verifier, versions: [version], now: () => NOW.getTime() } as const;
  const configs = [
    defineClientConfig({ ...common, credentials: [credential('client', shown.client)] }),
    defineServerConfig({ ...common, credentials: [credential('server', shown.server)], clientCertificates: 'require' }),
  ] as const;
  if (transport === 'TLS') {
    const { clientSide, serverSide } = connectEnds(...configs);
    return { client: clientSide.error, server: serverSide.error };
  }
  const ends = connectDatagramEnds(...configs);
  return { client: ends.client.error, server: ends.server.error };
}

describe.each([
  ['TLS', 'TLSv1.3'],
  ['TLS', 'TLSv1.2'],
  ['DTLS', 'TLSv1.3'],
  ['DTLS', 'TLSv1.2'],
] as const)('in %s as of %s', (transport, version) => {
  it('certificates that are right are accepted by both ends', () => {
    expect(handshake(transport, version, {})).toEqual({ client: undefined, server: undefined });
  });

  for (const role of ['server', 'client'] as const) {
    it.each(WRONG)(`a certificate of the ${role} that %s gets %s`, (_what, alert, make) => {
      const errors = handshake(transport, version, { [role]: make(role) });
      expect(errors[others[role]]).toMatchObject({ name: 'CertificateInvalid', alert });
      expect(errors[role]).toMatchObject({ name: 'AlertReceived', description: alert });
    });
  }
});
