import { afterEach, describe, expect, it } from 'vitest';
import { connect, type DTLSEndpoint, type DTLSSession, type DtlsConnectOptions, type DtlsListenOptions, listen } from './dtls.ts';
import { ca, server } from './endpoints.fixture.ts';

const open = new Set<DTLSEndpoint>();
afterEach(() => {
  for (const endpoint of open) endpoint.destroy();
  open.clear();
});

function serve(onsession: (session: DTLSSession) => void, options: Partial<DtlsListenOptions> = {}) {
  const endpoint = listen(onsession, { ...server, host: '127.0.0.1', port: 0, ...options });
  open.add(endpoint);
  return { endpoint, port: endpoint.address?.port ?? 0 };
}

function client(port: number, options: DtlsConnectOptions = {}, host = '127.0.0.1'): DTLSSession {
  const session = connect(host, port, { ca, servername: 'localhost', ...options });
  open.add(session.endpoint);
  return session;
}

function nextMessage(session: DTLSSession): Promise<string> {
  return new Promise((resolve) => {
    session.onmessage = (data) => resolve(data.toString());
  });
}

describe.each(['DTLSv1.3', 'DTLSv1.2'] as const)('foxtls/dtls in %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it('sends datagrams both ways', async () => {
    const { endpoint, port } = serve((session) => {
      session.onmessage = (data) => session.send(`echo ${data}`);
    });
    const session = client(port, only);
    await expect(session.opened).resolves.toEqual({ protocol: version });
    expect([session.protocol, session.authorized, session.peerX509Certificate?.subjectAltName]).toEqual([
      version,
      true,
      'DNS:localhost, IP Address:127.0.0.1',
    ]);
    const answer = nextMessage(session);
    expect(session.send('hello')).toBe(5);
    expect(await answer).toBe('echo hello');
    await session.close();
    await endpoint.close();
    expect([session.destroyed, endpoint.destroyed, endpoint.sessions.size]).toEqual([true, true, 0]);
  });
});
