/**
 * Both ends of a connection in one process, for tests: a small PKI, and a link that carries bytes cut as the test likes.
 */

import { concat } from '../core/bytes/bytes.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { KeyGenerationRequest } from '../crypto/signature.ts';
import { type CreatedCertificate, createCertificate, createCertificateAuthority } from '../pki/x509/create-certificate.ts';
import type { X509Credential } from '../protocol/handshake/credential.ts';
import type { ConnectionInfo, TlsConnection, TlsEvent } from './connection.ts';

export const VALID = { validFrom: new Date('2020-01-01'), validTo: new Date('2099-01-01') };

export interface TestPki {
  readonly root: CreatedCertificate;
  readonly anchors: readonly Uint8Array[];
  readonly server: X509Credential;
  readonly client: X509Credential;
}

/** A root with a server certificate (localhost) and a client certificate, all with keys of one kind. */
export async function createTestPki(
  provider: CryptoProvider,
  key: KeyGenerationRequest = { kind: 'ec', curve: 'secp256r1' },
): Promise<TestPki> {
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Test Root' }, key, ...VALID });
  const names = { dnsNames: ['localhost', '*.example.test'], ipAddresses: ['127.0.0.1', '::1'] };
  const server = await createCertificate({ provider, issuer: root, key, ...names, ...VALID });
  const client = await createCertificate({
    provider,
    issuer: root,
    key,
    subject: { commonName: 'Test Client' },
    purposes: ['clientAuth'],
    ...VALID,
  });
  return {
    root,
    anchors: [root.certificate],
    server: { kind: 'x509', chain: [server.certificate], signer: server.key },
    client: { kind: 'x509', chain: [client.certificate], signer: client.key },
  };
}

/** Everything that one end reported. */
export class Recorder {
  readonly events: TlsEvent[] = [];
  readonly onEvent = (event: TlsEvent): void => {
    this.events.push(event);
  };

  of<T extends TlsEvent['type']>(type: T): Extract<TlsEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TlsEvent, { type: T }> => event.type === type);
  }

  get error() {
    return this.of('error')[0]?.error;
  }

  get info(): ConnectionInfo | undefined {
    return this.of('connected')[0]?.info;
  }

  /** All application data so far. */
  get data(): Uint8Array {
    return concat(...this.of('data').map(({ data }) => data));
  }
}

/** How a link cuts what it carries. */
export type Cut = (bytes: Uint8Array) => Uint8Array[];

export const whole: Cut = (bytes) => [bytes];
export const byteByByte: Cut = (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte));

/** Carries output both ways until nothing moves. Asynchronous steps are waited for. */
export async function exchange(client: TlsConnection, server: TlsConnection, cut: Cut = whole): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    const moved = exchangeSync(client, server, cut);
    if (moved) idle = 0;
    else {
      idle++;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}

/** As `exchange`, for synchronous providers; says whether anything moved. */
export function exchangeSync(client: TlsConnection, server: TlsConnection, cut: Cut = whole): boolean {
  let moved = false;
  for (;;) {
    const toServer = concat(...client.takeOutput());
    for (const piece of toServer.length > 0 ? cut(toServer) : []) server.receive(piece.slice());
    const toClient = concat(...server.takeOutput());
    for (const piece of toClient.length > 0 ? cut(toClient) : []) client.receive(piece.slice());
    if (toServer.length === 0 && toClient.length === 0) return moved;
    moved = true;
  }
}
