/** Certificates and connected pairs for the tests of this folder: ours and node:tls in every combination. */

import { once } from 'node:events';
import type { AddressInfo, Server as NetServer } from 'node:net';
import nodeTls from 'node:tls';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { formatPrivateKeyPem } from '../pki/pkcs/private-key.ts';
import {
  type CertificateIssuer,
  createCertificateAuthoritySync,
  createCertificateSync,
  createSelfSignedSync,
  formatCertificatePem,
} from '../pki/x509/create-certificate.ts';
import ourTls from './tls.ts';

const DAY = 86_400_000;
const validFrom = new Date(Date.now() - 10 * DAY);
const validTo = new Date(Date.now() + 365 * DAY);

export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export const authority = createCertificateAuthoritySync({ provider, subject: { commonName: 'Test CA' }, validFrom, validTo });

export const ca = formatCertificatePem(authority.certificate);
export const server = issue(['localhost'], ['127.0.0.1']);
export const other = issue(['other.test']);
export const wildcard = issue(['*.wild.test']);
export const client = issue(['client.test'], [], 'clientAuth');
export const expired = issue(['localhost'], [], 'serverAuth', new Date(Date.now() - DAY));
export const selfSigned = toPem(
  createSelfSignedSync({ provider, subject: { commonName: 'localhost' }, dnsNames: ['localhost'], validFrom, validTo }),
);
export const strangerCa = createCertificateAuthoritySync({
  provider,
  subject: { commonName: 'Stranger CA' },
  validFrom,
  validTo,
});
export const stranger = issue(['localhost'], [], 'serverAuth', validTo, strangerCa);

/** Nobody vouches for it. */
export const selfSignedClient = toPem(
  createSelfSignedSync({ provider, subject: { commonName: 'client.test' }, purposes: ['clientAuth'], validFrom, validTo }),
);

/** node:tls, seen through our types: they are made to be the same. */
const theirs = nodeTls as unknown as typeof ourTls;

/** Who plays which role. */
export const PAIRINGS = [
  { title: 'our client and node:tls server', client: ourTls, server: theirs },
  { title: 'node:tls client and our server', client: theirs, server: ourTls },
  { title: 'our client and our server', client: ourTls, server: ourTls },
] as const;

export type Pairing = (typeof PAIRINGS)[number];
export type ServerOptions = NonNullable<Parameters<typeof ourTls.createServer>[0]>;
export type ClientOptions = Parameters<typeof ourTls.connect>[0] & object;
export type Socket = ReturnType<typeof ourTls.connect>;
export type Server = ReturnType<typeof ourTls.createServer>;

/** Starts listening; resolves to the port. */
export async function listen(listener: NetServer): Promise<number> {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return (listener.address() as AddressInfo).port;
}

/** A server that listens, and how to connect to it; both closed by `close`. */
export async function open(pairing: Pairing, serverOptions: object = {}) {
  const opened = new Set<Socket>();
  const listener: Server = pairing.server.createServer({ ...server, minVersion: 'TLSv1.3', ...serverOptions } as never);
  listener.on('secureConnection', (socket: Socket) => opened.add(socket));
  const port = await listen(listener);
  const connect = (options: object = {}, onSecure?: () => void): Socket => {
    const socket = pairing.client.connect(
      { port, host: '127.0.0.1', servername: 'localhost', ca, minVersion: 'TLSv1.3', ...options } as never,
      onSecure,
    );
    opened.add(socket);
    return socket;
  };
  const close = async () => {
    for (const socket of opened) socket.destroy();
    if (listener.listening) await new Promise((resolve) => listener.close(resolve));
  };
  return { listener, port, connect, close };
}

/** A secure pair of sockets. */
export async function openPair(pairing: Pairing, serverOptions: object = {}, clientOptions: object = {}) {
  const opened = await open(pairing, serverOptions);
  const accepted = once(opened.listener, 'secureConnection') as Promise<[Socket]>;
  const clientSocket = opened.connect(clientOptions);
  const secured = once(clientSocket, 'secureConnect');
  const [[serverSocket]] = await Promise.all([accepted, secured]);
  return { ...opened, clientSocket, serverSocket };
}

/** The next event of a name, `error` included: `once` rejects for those. */
export function next<T = unknown>(emitter: NodeJS.EventEmitter, event: string): Promise<T> {
  return new Promise((resolve) => emitter.once(event, resolve));
}

/** All that a stream says, until its end. (Iterating would destroy it then.) */
export function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
    stream.once('error', reject);
  });
}

function issue(
  dnsNames: readonly string[],
  ipAddresses: readonly string[] = [],
  purpose: 'serverAuth' | 'clientAuth' = 'serverAuth',
  until = validTo,
  issuer: CertificateIssuer = authority,
): PemPair {
  const subject = { commonName: dnsNames[0] ?? '' };
  const common = { provider, issuer, subject, dnsNames, ipAddresses, validFrom, validTo: until };
  return toPem(createCertificateSync({ ...common, purposes: [purpose] }));
}

function toPem({ certificate, key }: { readonly certificate: Uint8Array; readonly key: { exportPkcs8(): Uint8Array } }): PemPair {
  return { cert: formatCertificatePem(certificate), key: formatPrivateKeyPem(key.exportPkcs8()) };
}
