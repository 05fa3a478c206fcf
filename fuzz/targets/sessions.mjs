// States in tickets, the sessions of foxtls/tls, and its cipher strings.
import { inner } from '../inner.mjs';

const { readSession, writeSession, readTicketState, writeTicketState, readTls12SessionState, writeTls12SessionState } = inner;
const secret = new Uint8Array(32).fill(7);
const common = { suite: 0x1301, lifetime: 7200, serverName: 'www.example.com', alpnProtocol: 'h2' };
const certified = { kind: 'verified', certificates: [new Uint8Array(40)], path: [] };
const [anonymous, byPsk] = [{ kind: 'anonymous' }, { kind: 'psk', identity: secret }];
const masterSecret = new Uint8Array(48).fill(7);
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

function ticketStates() {
  const rest = { ...common, version: 0x0304, psk: secret, ticketAgeAdd: 5, created: 1_780_000_000_000 };
  return [anonymous, certified, byPsk].map((client) => writeTicketState({ ...rest, client }));
}

function tls12States() {
  const rest = { ...common, version: 0x0303, masterSecret, extendedMasterSecret: true, created: 1_780_000_000_000 };
  return [anonymous, certified].map((client) => writeTls12SessionState({ ...rest, client }));
}

function clientSessions() {
  const rest = { ...common, ticket: secret, receivedAt: 1_780_000_000_000 };
  return [anonymous, certified, byPsk].flatMap((peer) => [
    writeSession({ ...rest, version: 'TLSv1.3', psk: secret, ticketAgeAdd: 5, peer }),
    writeSession({ ...rest, version: 'TLSv1.2', masterSecret, extendedMasterSecret: true, sessionId: secret, peer }),
  ]);
}

const readBy = (read) => (bytes) => (read(bytes) === undefined ? 'refused' : 'accepted');

export const targets = [
  { name: 'ticket-state', corpus: ticketStates, run: readBy(readTicketState) },
  { name: 'tls12-session-state', corpus: tls12States, run: readBy(readTls12SessionState) },
  { name: 'client-session', corpus: clientSessions, run: readBy(readSession) },
  {
    name: 'ciphers',
    codes: ['ERR_SSL_NO_CIPHER_MATCH', 'ERR_INVALID_ARG_VALUE'],
    corpus: () =>
      [inner.DEFAULT_CIPHERS, 'ECDHE+AESGCM:!aNULL:-SHA:+DEFAULT', 'HIGH:@STRENGTH:@SECLEVEL=2'].map((text) => utf8.encode(text)),
    run: (bytes) => (inner.parseCiphers(fromUtf8.decode(bytes)).length > 0 ? 'accepted' : 'refused'),
  },
];
