/**
 * A world in which nothing is left to chance: random bytes from a seed, a clock that stands, keys and signatures (Ed25519) that are functions
 * of their inputs. What both ends say in it is the same in every run, on every machine.
 */

import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { concat, fromHex, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import type { RandomSource } from '../../src/crypto/key-exchange.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { type CreatedCertificate, createCertificate, createCertificateAuthority } from '../../src/pki/x509/create-certificate.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { type Ends, startEnds } from '../matrix/ends.ts';

/** 2026-01-01. */
const NOW = Date.UTC(2026, 0, 1);
const VALID = { validFrom: new Date('2025-01-01'), validTo: new Date('2035-01-01') };

/** Bytes that count: 00, 01, 02 … */
export function counting(): RandomSource {
  let next = 0;
  return (length) => Uint8Array.from({ length }, () => next++ & 0xff);
}

/** Bytes of SHA-256 over a seed and a counter. */
function seededRandom(seed: string): RandomSource {
  const sha256 = nodeProvider.hashes.find(({ name }) => name === 'sha256') as CryptoProvider['hashes'][number];
  let block = 0;
  let left = new Uint8Array(0);
  return (length) => {
    while (left.length < length) left = concat(left, sha256.digest(utf8(`${seed} ${block++}`))) as Uint8Array<ArrayBuffer>;
    const taken = left.slice(0, length);
    left = left.slice(length);
    return taken;
  };
}

const withRandom = (seed: string): CryptoProvider => ({ ...nodeProvider, random: seededRandom(seed) });

/** PrivateKeyInfo of Ed25519 (RFC 8410 §7). */
const ED25519_PKCS8 = '302e020100300506032b657004220420';

async function keyOf(seed: string) {
  return nodeProvider.keys.importPrivateKey(concat(fromHex(ED25519_PKCS8), seededRandom(seed)(32)));
}

export interface SeededWorld {
  readonly client: (options?: Partial<ClientOptions>) => ReturnType<typeof defineClientConfig>;
  readonly server: (options?: Partial<ServerOptions>) => ReturnType<typeof defineServerConfig>;
  readonly clientCredential: X509Credential;
  readonly verifier: ClientOptions['verifier'];
}

export async function createSeededWorld(): Promise<SeededWorld> {
  const provider = withRandom('certificates');
  const issuer = await createCertificateAuthority({
    provider,
    key: await keyOf('authority'),
    subject: { commonName: 'Golden Root' },
    ...VALID,
  });
  const server = await createCertificate({ provider, issuer, key: await keyOf('server'), dnsNames: ['localhost'], ...VALID });
  const client = await createCertificate({
    provider,
    issuer,
    key: await keyOf('client'),
    subject: { commonName: 'Golden Client' },
    purposes: ['clientAuth'],
    ...VALID,
  });
  const credential = (made: CreatedCertificate): X509Credential => ({
    kind: 'x509',
    chain: [made.certificate],
    signer: made.key,
  });
  const verifier = createX509Verifier({ provider, trustAnchors: [issuer.certificate] });
  const now = () => NOW;
  return {
    verifier,
    clientCredential: credential(client),
    client: (options) => defineClientConfig({ provider: withRandom('client'), verifier, now, ...options }),
    server: (options) => {
      const ours = withRandom('server');
      const ticketSealer = createSealer(ours, new Uint8Array(32).fill(1), 'ticket');
      return defineServerConfig({ provider: ours, credentials: [credential(server)], ticketSealer, now, ...options });
    },
  };
}

/** The records of both ends until nothing moves, a line each: who, type, version, content. */
export function record(ends: Ends): string[] {
  const lines: string[] = [];
  for (;;) {
    const before = lines.length;
    for (const [who, from, to] of [
      ['client', ends.client, ends.server],
      ['server', ends.server, ends.client],
    ] as const) {
      const stream = concat(...from.takeOutput());
      for (let at = 0; at < stream.length; ) {
        const end = at + 5 + (((stream[at + 3] as number) << 8) | (stream[at + 4] as number));
        const header = stream.subarray(at, at + 5);
        lines.push(
          `${who} ${toHex(header.subarray(0, 1))} ${toHex(header.subarray(1, 3))} ${toHex(stream.subarray(at + 5, end))}`,
        );
        at = end;
      }
      to.receive(stream.slice());
    }
    if (lines.length === before) return lines;
  }
}

/** A whole connection: handshake, data both ways, in TLS 1.3 a KeyUpdate, the end. The secrets come first, so that a reader can open the records. */
export function recordConnection(...starting: Parameters<typeof startEnds>): { ends: Ends; transcript: string } {
  const ends = startEnds(...starting);
  const lines = record(ends);
  if (ends.client.state === 'connected' && ends.server.state === 'connected') {
    ends.client.send(utf8('hello from the client'));
    ends.server.send(utf8('hello from the server'));
    if (ends.client.info?.version === 'TLSv1.3') ends.client.updateKeys({ requestPeer: true });
    ends.client.send(utf8('under new keys'));
    lines.push(...record(ends));
    ends.server.send(utf8('under new keys too'));
    ends.client.close();
    lines.push(...record(ends));
    ends.server.close();
    lines.push(...record(ends));
  }
  const secrets = ends.clientSide.of('keylog').map(({ line }) => line);
  return { ends, transcript: `${[...secrets, ...lines].join('\n')}\n` };
}
