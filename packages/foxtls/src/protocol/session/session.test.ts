import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { concat, equal, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CertificateInvalid, PeerMisbehaved } from '../../core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../core/registry/extension-types.ts';
import { seededChooser } from '../../core/wire/chooser.fixture.ts';
import { providers } from '../../crypto/providers.fixture.ts';
import type { Established } from '../handshake/established.ts';
import { ANONYMOUS, type PeerIdentity } from '../handshake/peer-identity.ts';
import { readRetryState, writeRetryState } from '../handshake/tls13/retry-cookie.ts';
import { TLS } from '../handshake/variant.ts';
import { resumptionPsk } from '../keys/key-schedule.ts';
import { extensionsOf, withList } from '../messages/extensions/block.ts';
import type { NewSessionTicket } from '../messages/new-session-ticket.ts';
import { availableCipherSuites, type CipherSuite } from '../negotiate/cipher-suites.ts';
import { sessionOfTicket } from './new-session-ticket.ts';
import { createSealer, SEALER_KEY_SIZE } from './sealer.ts';
import { readTicketState, type TicketState, writeTicketState } from './ticket-state.ts';

const KEY = new Uint8Array(SEALER_KEY_SIZE).fill(5);

describe.each(providers)('a sealer of the $name provider', (provider) => {
  const sealer = createSealer(provider, KEY, 'ticket');
  const plaintext = utf8('state of a session');

  it('opens what it sealed, and so does another with the same key', async () => {
    const sealed = await sealer.seal(plaintext);
    expect(await sealer.open(sealed)).toEqual(plaintext);
    expect(await createSealer(provider, KEY, 'ticket').open(sealed)).toEqual(plaintext);
  });

  it('seals the same text differently each time, and does not show it', async () => {
    const [first, second] = [await sealer.seal(plaintext), await sealer.seal(plaintext)];
    expect(toHex(first)).not.toBe(toHex(second));
    expect(toHex(first)).not.toContain(toHex(plaintext));
  });

  it('opens nothing of another key or of another purpose', async () => {
    const sealed = await sealer.seal(plaintext);
    expect(await createSealer(provider, new Uint8Array(SEALER_KEY_SIZE), 'ticket').open(sealed)).toBeUndefined();
    expect(await createSealer(provider, KEY, 'cookie').open(sealed)).toBeUndefined();
  });

  it('opens nothing that was cut or changed anywhere', async () => {
    const sealed = await sealer.seal(plaintext);
    for (let at = 0; at < sealed.length; at++) {
      expect(await sealer.open(sealed.subarray(0, at)), `cut at ${at}`).toBeUndefined();
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(await sealer.open(changed), `changed at ${at}`).toBeUndefined();
    }
    expect(await sealer.open(concat(sealed, Uint8Array.of(0)))).toBeUndefined();
  });

  it('keeps no reference to its key', async () => {
    const key = KEY.slice();
    const own = createSealer(provider, key, 'ticket');
    key.fill(0);
    expect(await sealer.open(await own.seal(plaintext))).toEqual(plaintext);
  });

  it('wants a key of the right size, and an AEAD', () => {
    expect(() => createSealer(provider, new Uint8Array(16), 'ticket')).toThrow(ApiMisuse);
    expect(() => createSealer({ ...provider, aeads: [] }, KEY, 'ticket')).toThrow(ApiMisuse);
  });
});

const STATE: TicketState = {
  version: 0x0304,
  suite: 0x1301,
  psk: new Uint8Array(32).fill(3),
  ticketAgeAdd: 0xfad6aac5,
  created: 1_651_826_546_000,
  lifetime: 7200,
  serverName: 'example.test',
  alpnProtocol: 'h2',
  client: ANONYMOUS,
};

describe.each(providers)('a cookie sealer of the $name provider', (provider) => {
  const sealer = createSealer(provider, KEY, 'cookie');
  const [context, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const;

  it('seals four bytes beside a context into a cookie of 32, which opens beside that context alone', () => {
    const sealed = sealer.sealBeside(Uint8Array.of(1, 2, 3, 4), context);
    expect(sealed).toHaveLength(32);
    expect(sealer.openBeside(sealed, context)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(sealer.openBeside(sealed, other)).toBeUndefined();
    expect(sealer.open(sealed)).toBeUndefined();
    expect(sealer.openBeside(sealer.seal(Uint8Array.of(1, 2, 3, 4)), context)).toBeUndefined();
    expect(sealer.openBeside(new Uint8Array(3), context)).toBeUndefined();
  });
});

describe('the state in a ticket', () => {
  const states: readonly [what: string, state: TicketState][] = [
    ['an anonymous client', STATE],
    ['nothing optional', { ...STATE, serverName: undefined, alpnProtocol: undefined }],
    ['a protocol that is not ASCII', { ...STATE, alpnProtocol: '\u00ffh2' }],
    ['the numbers at their ends', { ...STATE, ticketAgeAdd: 2 ** 32 - 1, created: 2 ** 43 + 1, lifetime: 604800, suite: 0xffff }],
    ['a client that was known by a PSK', { ...STATE, client: { kind: 'psk', identity: utf8('sensor-17') } }],
    [
      'a client with a raw public key',
      { ...STATE, client: { kind: 'verified', certificates: [], path: [], rawPublicKey: utf8('spki') } },
    ],
    ['a verified client', { ...STATE, client: { kind: 'verified', certificates: [utf8('leaf'), utf8('issuer')], path: [] } }],
  ];
  it.each(states)('is read as it was written: %s', (_what, state) => {
    expect(readTicketState(writeTicketState(state))).toEqual(state);
  });

  it('remembers that a client was not verified', () => {
    const error = new CertificateInvalid('expired', 'long ago');
    const client: PeerIdentity = { kind: 'unverified', certificates: [utf8('leaf')], error };
    const read = readTicketState(writeTicketState({ ...STATE, client }))?.client;
    expect(read).toMatchObject({ kind: 'unverified', certificates: [utf8('leaf')] });
    expect(read?.kind === 'unverified' && read.error).toBeInstanceOf(CertificateInvalid);
    const byKey = { ...client, certificates: [], rawPublicKey: utf8('spki') };
    const readByKey = readTicketState(writeTicketState({ ...STATE, client: byKey }))?.client;
    expect(readByKey).toMatchObject({ kind: 'unverified', certificates: [], rawPublicKey: utf8('spki') });
  });

  it('of another format is not ours', () => {
    const bytes = writeTicketState(STATE);
    expect(bytes[0]).toBe(3);
    for (const format of [0, 2, 255]) expect(readTicketState(concat(Uint8Array.of(format), bytes.subarray(1)))).toBeUndefined();
    expect(readTicketState(new Uint8Array(0))).toBeUndefined();
  });

  it('that is cut short or too long is not ours', () => {
    const bytes = writeTicketState(STATE);
    for (let length = 0; length < bytes.length; length++) expect(readTicketState(bytes.subarray(0, length))).toBeUndefined();
    expect(readTicketState(concat(bytes, Uint8Array.of(0)))).toBeUndefined();
  });

  it('that was changed anywhere is read or not ours, and throws nothing', () => {
    const bytes = writeTicketState(STATE);
    for (let seed = 1; seed <= rounds(20, 2000); seed++) {
      const choose = seededChooser(seed);
      const changed = bytes.slice();
      changed[choose(bytes.length)] = choose(256);
      expect(() => readTicketState(changed), toHex(changed)).not.toThrow();
    }
  });
});

describe('the state in a cookie', () => {
  it('is read as it was written', () => {
    const facts = { suite: 0x1302, group: 0x0017, created: 1_651_826_546_000 };
    const state = { ...facts, clientHelloHash: new Uint8Array(48).fill(1), peerAddress: Uint8Array.of(10, 0, 0, 1) };
    expect(readRetryState(writeRetryState(state))).toEqual(state);
    expect(readRetryState(writeRetryState({ ...state, group: 0 })).group).toBe(0);
  });
});

describe('NewSessionTicket', () => {
  const suite = availableCipherSuites(providers[0] as (typeof providers)[0])[0] as CipherSuite;
  const established = {
    suite,
    resumptionSecret: new Uint8Array(32).fill(8),
    serverName: 'example.test',
    alpnProtocol: 'h2',
    peer: ANONYMOUS,
  } as Partial<Established> as Established;
  const message: NewSessionTicket = {
    ticketLifetime: 7200,
    ticketAgeAdd: 77,
    ticketNonce: Uint8Array.of(0, 1),
    ticket: utf8('sealed'),
    extensions: extensionsOf('new_session_ticket', {}),
  };
  const NOW = 1_651_826_546_000;

  it('makes a session', () => {
    const labelled = { hash: suite.hash, labelPrefix: 'tls13 ' } as const;
    expect(sessionOfTicket(established, TLS, message, NOW)).toEqual({
      version: 'TLSv1.3',
      suite: suite.id,
      psk: resumptionPsk(labelled, new Uint8Array(32).fill(8), message.ticketNonce),
      ticket: utf8('sealed'),
      ticketAgeAdd: 77,
      lifetime: 7200,
      receivedAt: NOW,
      serverName: 'example.test',
      alpnProtocol: 'h2',
      peer: ANONYMOUS,
    });
  });

  it('gives another PSK for another nonce', () => {
    const psk = (ticketNonce: Uint8Array) =>
      sessionOfTicket(established, TLS, { ...message, ticketNonce }, NOW)?.psk ?? new Uint8Array(0);
    expect(equal(psk(Uint8Array.of(0, 1)), psk(Uint8Array.of(0, 2)))).toBe(false);
  });

  it('is kept for seven days at most, and with a lifetime of zero not at all', () => {
    const lifetime = (ticketLifetime: number) => sessionOfTicket(established, TLS, { ...message, ticketLifetime }, NOW)?.lifetime;
    expect([604800, 604801, 2 ** 32 - 1, 1, 0].map(lifetime)).toEqual([604800, 604800, 604800, 1, undefined]);
  });

  it('is copied, so that it does not keep the record that it came in', () => {
    const ticket = utf8('sealed');
    const session = sessionOfTicket(established, TLS, { ...message, ticket }, NOW);
    ticket.fill(0);
    expect(session?.ticket).toEqual(utf8('sealed'));
  });

  it('may have unknown extensions, and none that belongs elsewhere', () => {
    const unknown = withList('new_session_ticket', [{ type: 0xfafa, data: new Uint8Array(3) }]);
    expect(sessionOfTicket(established, TLS, { ...message, extensions: unknown }, NOW)).toBeDefined();
    const misplaced = withList('new_session_ticket', [{ type: EXTENSION_TYPES.key_share, data: new Uint8Array(2) }]);
    expect(() => sessionOfTicket(established, TLS, { ...message, extensions: misplaced }, NOW)).toThrow(PeerMisbehaved);
  });
});
