/**
 * Sessions of TLS 1.2 that a server forgets: those of connections that ended by a fatal alert (RFC 5246 §7.2).
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat } from '../../src/core/bytes/bytes.ts';
import { TlsError } from '../../src/core/errors/errors.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache, type SessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, type Ends } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

/** Connects again and again to one server. */
function connecting(sessionCache: SessionCache): (session?: ClientSession) => Ends {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const client = defineClientConfig({ provider, verifier, versions: ['TLSv1.2'] });
  const server = defineServerConfig({ provider, credentials: [pki.server], tickets: 0, sessionCache });
  return (session) => connectEnds(client, server, { session });
}

function sessionOf({ clientSide }: Ends): ClientSession {
  const [event] = clientSide.of('session');
  if (event === undefined) throw new Error('the server gave no session');
  return event.session;
}

const failure = () => new TlsError('ERR_TLS_OF_A_TEST', 'a test ends it', { alert: 'internal_error' });
const forged = concat(Uint8Array.of(23, 3, 3, 0, 40), new Uint8Array(40));

describe('a session under an id', () => {
  it.each<[string, (ends: Ends) => void]>([
    ['a fatal alert of the client', ({ client }) => client.abort(failure())],
    ['a fatal alert of the server', ({ server }) => server.abort(failure())],
    ['a record that is not authentic', ({ server }) => server.receive(forged)],
  ])('is not gone on with after %s, be it new or resumed', (_what, fail) => {
    for (const resumed of [false, true]) {
      const connect = connecting(createSessionCache());
      const first = connect();
      const session = sessionOf(first);
      const failing = resumed ? connect(session) : first;
      expect(failing.client.info?.resumed).toBe(resumed);
      fail(failing);
      exchangeSync(failing.client, failing.server);
      expect(failing.server.state).toBe('closed');
      const last = connect(session);
      expect([last.client.state, last.client.info?.resumed]).toEqual(['connected', false]);
    }
  });

  it('is gone on with after a closure, and after a cut', () => {
    const connect = connecting(createSessionCache());
    const first = connect();
    const session = sessionOf(first);
    first.client.close();
    exchangeSync(first.client, first.server);
    first.server.close();
    exchangeSync(first.client, first.server);
    const second = connect(session);
    second.server.receiveEnd();
    expect(second.server.state).toBe('closed');
    expect(connect(session).client.info?.resumed).toBe(true);
  });

  it.each<[string, SessionCache['remove']]>([
    [
      'throws',
      () => {
        throw new Error('the cache is down');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the cache is down'))],
    ['is not there', undefined],
  ])('does not change the alert where the removal %s', (_what, remove) => {
    const { put, find } = createSessionCache();
    const { client, server, clientSide } = connecting({ put, find, ...(remove && { remove }) })();
    server.receive(forged);
    exchangeSync(client, server);
    expect(clientSide.error).toMatchObject({ description: 'bad_record_mac' });
  });
});
