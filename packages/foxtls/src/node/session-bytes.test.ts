import { describe, expect, it } from 'vitest';
import { CertificateInvalid } from '../core/errors/errors.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { readSession, writeSession } from './session-bytes.ts';

const session: ClientSession = {
  version: 'TLSv1.3',
  suite: 0x1301,
  psk: Uint8Array.of(1, 2, 3),
  ticket: Uint8Array.of(4, 5),
  ticketAgeAdd: 0xffffffff,
  lifetime: 7200,
  receivedAt: 1_790_000_000_000,
  serverName: 'localhost',
  alpnProtocol: undefined,
  peer: { kind: 'verified', certificates: [Uint8Array.of(6), Uint8Array.of()], path: [] },
};

describe('a session as bytes', () => {
  it('reads back as it was written', () => {
    expect(readSession(writeSession(session))).toEqual(session);
    const bare: ClientSession = { ...session, serverName: undefined, alpnProtocol: 'h2', peer: { kind: 'anonymous' } };
    expect(readSession(writeSession(bare))).toEqual(bare);
    const byPsk: ClientSession = { ...session, peer: { kind: 'psk', identity: Uint8Array.of(7, 8) } };
    expect(readSession(writeSession(byPsk))).toEqual(byPsk);
    const rawPublicKey = Uint8Array.of(9, 10);
    const byRawKey: ClientSession = { ...session, peer: { kind: 'verified', certificates: [], path: [], rawPublicKey } };
    expect(readSession(writeSession(byRawKey))).toEqual(byRawKey);
    const error = new CertificateInvalid('key_untrusted', 'who is it?');
    const refused = { kind: 'unverified', certificates: [], error, rawPublicKey } as const;
    expect(readSession(writeSession({ ...session, peer: refused }))?.peer).toMatchObject({ rawPublicKey, certificates: [] });
  });

  it.each(['TLSv1.2', 'TLSv1.1', 'TLSv1'] as const)('reads back as it was written, of %s', (version) => {
    const { psk: masterSecret, ticketAgeAdd: _, ...common } = session;
    const byTicket: ClientSession = {
      ...common,
      version,
      suite: 0xc013,
      masterSecret,
      extendedMasterSecret: true,
      sessionId: new Uint8Array(0),
    };
    expect(readSession(writeSession(byTicket))).toEqual(byTicket);
    const byId: ClientSession = { ...byTicket, ticket: undefined, sessionId: Uint8Array.of(11, 12) };
    expect(readSession(writeSession(byId))).toEqual(byId);
  });

  it('remembers why the server was not verified', () => {
    const error = new CertificateInvalid('expired', 'it is over', { depth: 1 });
    const peer = { kind: 'unverified', certificates: [Uint8Array.of(6)], error } as const;
    expect(readSession(writeSession({ ...session, peer }))?.peer).toMatchObject({
      kind: 'unverified',
      error: { reason: 'expired', depth: 1, message: 'it is over' },
    });
  });

  it('is nothing when it is cut off or foreign', () => {
    const bytes = writeSession(session);
    expect(readSession(Buffer.from('session of somebody else'))).toBeUndefined();
    expect(readSession(Buffer.alloc(0))).toBeUndefined();
    for (let length = 0; length < bytes.length; length++) {
      const read = readSession(bytes.subarray(0, length));
      // Whole certificates may be missing at the end; nothing may be made up.
      if (read !== undefined) expect({ ...read, peer: undefined }).toEqual({ ...session, peer: undefined });
    }
  });
});
