/**
 * What is wrong in a message over a stream is wrong over datagrams, and gets the same alert: the cases of TLS 1.3 and TLS 1.2 that change
 * what messages say, leave one out or send another, asked of DTLS 1.3 and DTLS 1.2.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import type { AlertName } from '../../src/core/registry/alerts.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { AUTHENTICATION } from '../misbehaving/authentication.ts';
import type { Case } from '../misbehaving/case.ts';
import { CERTIFICATE_TYPES } from '../misbehaving/certificate-types.ts';
import { CLIENT_HELLOS } from '../misbehaving/client-hellos.ts';
import { EXTENSIONS } from '../misbehaving/extensions.ts';
import { KEY_SHARES } from '../misbehaving/key-shares.ts';
import { MESSAGE_FORMS } from '../misbehaving/message-forms.ts';
import { RECORD_SIZES } from '../misbehaving/record-sizes.ts';
import { SERVER_HELLOS } from '../misbehaving/server-hellos.ts';
import type { Tls12Case } from '../misbehaving-tls12/case.ts';
import * as tls12Hellos from '../misbehaving-tls12/hellos.ts';
import * as keyExchange from '../misbehaving-tls12/key-exchange.ts';
import { MESSAGE_FORMS as TLS12_MESSAGE_FORMS } from '../misbehaving-tls12/message-forms.ts';
import { ORDER } from '../misbehaving-tls12/order.ts';
import { RECORD_SIZES as TLS12_RECORD_SIZES } from '../misbehaving-tls12/record-sizes.ts';
import type { Role, Version } from './case.ts';
import { begin, expectEnd, open } from './frame.ts';
import { messageEdits, OverStreamsAlone } from './message-edits.ts';
import { DatagramPeer } from './peer.ts';

/** Rules of streams, and what the peer here, whose handshake is that of our own flows, does not do. */
const OF_STREAMS = new RegExp(
  [
    // Versions have other numbers; legacy_session_id is not echoed (RFC 9147 §5); a message beyond the limit is dropped.
    'legacy_version|[vV]ersion 0x|SSL 3.0|session_?id|a session that|a ClientHello (longer than any|beyond the limit)',
    // Records have one message each. What is in the clear when there are keys is dropped, and what is under keys before there are.
    'in the same record|in the clear|finished twice|ClientHello twice|ClientKeyExchange twice|certificate_verify twice|did not promise',
    'sends no (ClientKeyExchange|CertificateVerify)',
    // They know where things stand in a ClientHello that has a legacy_session_id.
    'offers no suite$|no compression method|no extensions at all|an odd number of bytes',
    // The peer has certificates alone.
    'raw public key|RawPublicKey|certificate_type|without encrypt_then_mac',
  ].join('|'),
);

type StreamCase = Omit<Case, 'break'> & { readonly break: (peer: never, world: never) => void };

const CASES: Readonly<Record<Version, readonly (StreamCase | Tls12Case)[]>> = {
  'TLSv1.3': [
    ...[...CLIENT_HELLOS, ...SERVER_HELLOS, ...EXTENSIONS, ...KEY_SHARES, ...MESSAGE_FORMS],
    ...[...AUTHENTICATION, ...CERTIFICATE_TYPES, ...RECORD_SIZES],
  ],
  'TLSv1.2': [
    ...[...tls12Hellos.CLIENT_HELLOS, ...tls12Hellos.SERVER_HELLOS, ...keyExchange.KEY_EXCHANGES, ...keyExchange.AUTHENTICATION],
    ...[...TLS12_MESSAGE_FORMS, ...ORDER, ...TLS12_RECORD_SIZES],
  ],
};

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

function isOfDatagrams(version: Version, { name, alert, situation = {}, ...misbehaviour }: StreamCase | Tls12Case): boolean {
  const needs = Object.keys(situation).filter((need) => need !== 'requestsCertificate');
  if (OF_STREAMS.test(name) || alert === 'none' || needs.length > 0) return false;
  try {
    (misbehaviour.break as StreamCase['break'])(messageEdits(new DatagramPeer(), version), undefined as never);
    return true;
  } catch {
    return false;
  }
}

function expectSameAsOverStreams(version: Version, misbehaviour: StreamCase | Tls12Case): void {
  const { victim, situation, options = {}, error, alert } = misbehaviour;
  // The victims of TLS 1.2 have TLS 1.3 too, unless they are told.
  const victimConfig = { ...(version === 'TLSv1.2' && { versions: ['TLSv1.3', 'TLSv1.2'] as const }), ...options };
  // In TLS 1.3 the peer answers by what the case is about.
  const { alpnProtocols, groups } = version === 'TLSv1.3' ? options : {};
  const clientCertificates = situation?.requestsCertificate === true ? ('request' as const) : undefined;
  const opened = open(pki, { victim, version, victimConfig, peerConfig: { alpnProtocols, groups, clientCertificates } });
  (misbehaviour.break as StreamCase['break'])(messageEdits(opened.peer, version), undefined as never);
  begin(opened);
  expectEnd(opened, { error, alert: alert as AlertName });
}

const WHO: Readonly<Record<Role, string>> = { client: 'a server', server: 'a client' };

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('as over streams, in DTLS as of %s', (version) => {
  const cases = CASES[version].filter((one) => isOfDatagrams(version, one));
  for (const misbehaviour of cases) {
    const { victim, name, alert } = misbehaviour;
    it(`${WHO[victim]} that ${name} gets ${alert}`, () => expectSameAsOverStreams(version, misbehaviour));
  }

  it('there are enough of them', () => {
    expect(cases.length).toBeGreaterThan(250);
    expect(() => messageEdits(new DatagramPeer(), version)['sendRaw']).toThrow(OverStreamsAlone);
  });
});
