import { beforeAll, describe, expect, it } from 'vitest';
import { concat } from '../core/bytes/bytes.ts';
import { alertName } from '../core/registry/alerts.ts';
import { handshakeTypeName } from '../core/registry/handshake-types.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { defineClientConfig, defineServerConfig } from './config.ts';
import type { TracedMessage } from './connection.ts';
import { createTlsClient, createTlsServer } from './create.ts';
import { createDtlsClient, createDtlsServer } from './create-dtls.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from './pair.fixture.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function title({ direction, contentType, bytes }: TracedMessage): string {
  const [first = 0, second = 0] = bytes;
  const name = contentType === 'handshake' ? handshakeTypeName(first) : contentType === 'alert' ? alertName(second) : contentType;
  return `${direction === 'sent' ? '>' : '<'} ${name}`;
}

function configs(version: 'TLSv1.3' | 'TLSv1.2', trusts = true) {
  const verifier = createX509Verifier({ provider, trustAnchors: trusts ? pki.anchors : [] });
  const client = defineClientConfig({ provider, verifier, versions: [version] });
  return { client, server: defineServerConfig({ provider, credentials: [pki.server], versions: [version] }) };
}

/** A handshake over a stream, traced at both ends, and closed by both. */
function traceTls(version: 'TLSv1.3' | 'TLSv1.2', trusts = true) {
  const [clientSide, serverSide] = [new Recorder(), new Recorder()];
  const config = configs(version, trusts);
  const client = createTlsClient(config.client, { onEvent: clientSide.onEvent, serverName: 'localhost' });
  const server = createTlsServer(config.server, { onEvent: serverSide.onEvent });
  client.enableTrace();
  server.enableTrace();
  server.start();
  client.start();
  exchangeSync(client, server);
  client.close();
  server.close();
  exchangeSync(client, server);
  return { client: messagesOf(clientSide), server: messagesOf(serverSide) };
}

const messagesOf = (side: Recorder) => side.of('message').map(({ message }) => message);
const mirrored = (titles: readonly string[]) =>
  titles.map((text) => (text.startsWith('>') ? `<${text.slice(1)}` : `>${text.slice(1)}`));

describe('messages that are traced', () => {
  it('are those of a handshake of TLS 1.3, in their order, at both ends', () => {
    const { client, server } = traceTls('TLSv1.3');
    expect(client.map(title)).toEqual([
      ...['> client_hello', '< server_hello', '> change_cipher_spec', '< change_cipher_spec', '< encrypted_extensions'],
      ...['< certificate', '< certificate_verify', '< finished', '> finished'],
      ...['< new_session_ticket', '< new_session_ticket', '> close_notify', '< close_notify'],
    ]);
    // Each sends a flight before it reads the other's.
    expect(new Set(server.map(title))).toEqual(new Set(mirrored(client.map(title))));
    expect(client.map(({ version }) => version).slice(0, 4)).toEqual([undefined, undefined, 'TLSv1.3', 'TLSv1.3']);
  });

  it('are those of a handshake of TLS 1.2', () => {
    const { client, server } = traceTls('TLSv1.2');
    expect(client.map(title)).toEqual([
      ...['> client_hello', '< server_hello', '< certificate', '< server_key_exchange', '< server_hello_done'],
      ...['> client_key_exchange', '> change_cipher_spec', '> finished'],
      ...['< new_session_ticket', '< change_cipher_spec', '< finished', '> close_notify', '< close_notify'],
    ]);
    expect(server.map(title).sort()).toEqual(mirrored(client.map(title)).sort());
  });

  it('have the same bytes at both ends, decrypted, with their headers', () => {
    const { client, server } = traceTls('TLSv1.3');
    const sent = server.filter(({ direction }) => direction === 'sent').map(({ bytes }) => bytes);
    const received = client.filter(({ direction }) => direction === 'received').map(({ bytes }) => bytes);
    expect(concat(...received)).toEqual(concat(...sent));
    const certificate = client.find(({ contentType, bytes }) => contentType === 'handshake' && bytes[0] === 11);
    expect(certificate?.bytes.length).toBe(4 + ((certificate?.bytes[2] ?? 0) << 8) + (certificate?.bytes[3] ?? 0));
  });

  it('end with the alert of a refusal', () => {
    const { client, server } = traceTls('TLSv1.3', false);
    expect(client.map(title).at(-1)).toBe('> unknown_ca');
    expect(server.map(title).at(-1)).toBe('< unknown_ca');
    expect(client.at(-1)?.bytes).toEqual(Uint8Array.of(2, 48));
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('are those of DTLS, as %s would have them', (version) => {
    const [clientSide, serverSide] = [new Recorder(), new Recorder()];
    const config = configs(version);
    const client = createDtlsClient(config.client, { onEvent: clientSide.onEvent, serverName: 'localhost' });
    const server = createDtlsServer(config.server, { onEvent: serverSide.onEvent, peerAddress: Uint8Array.of(1) });
    client.enableTrace();
    server.enableTrace();
    server.start();
    client.start();
    for (let round = 0; round < 10; round++) {
      for (const datagram of client.takeOutput()) server.receive(datagram);
      for (const datagram of server.takeOutput()) client.receive(datagram);
    }
    const titles = messagesOf(clientSide).map(title);
    expect(titles[0]).toBe('> client_hello');
    expect(titles).toContain('< certificate');
    expect(titles.filter((text) => text.endsWith('finished')).sort()).toEqual(['< finished', '> finished']);
    expect(messagesOf(clientSide).find(({ contentType }) => contentType === 'handshake')?.bytes[0]).toBe(1);
    expect(messagesOf(clientSide).at(-1)?.version).toBe(`D${version}`);
    expect(new Set(messagesOf(serverSide).map(title))).toEqual(new Set(mirrored(titles)));
  });

  it('are not there unless they are asked for', () => {
    const side = new Recorder();
    const client = createTlsClient(configs('TLSv1.3').client, { onEvent: side.onEvent, serverName: 'localhost' });
    client.start();
    expect(side.of('message')).toEqual([]);
  });
});
