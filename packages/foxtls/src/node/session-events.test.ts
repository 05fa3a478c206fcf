import { constants } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { next, open, PAIRINGS, type Socket } from './endpoints.fixture.ts';

/** Without tickets there are only ids. Our ends have no such option: one of each pair is of node:tls. */
const WITHOUT_TICKETS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const;

type Answer = (error: Error | null, session?: Buffer | null) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe.each(PAIRINGS.filter(({ client, server }) => client !== server))(
  '$title, sessions of TLS 1.2 under their ids',
  (pairing) => {
    /** A server that keeps sessions in a map, as the documentation of Node shows it, and the ids that it was asked for. */
    async function openKeeping(find = (sessions: Map<string, Buffer>, id: string) => sessions.get(id) ?? null) {
      const opened = await open(pairing, WITHOUT_TICKETS);
      closers.push(opened.close);
      const sessions = new Map<string, Buffer>();
      const asked: string[] = [];
      opened.listener.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
        sessions.set(id.toString('hex'), session);
        setImmediate(done);
      });
      opened.listener.on('resumeSession', (id: Buffer, answer: Answer) => {
        asked.push(id.toString('hex'));
        setImmediate(() => answer(null, find(sessions, id.toString('hex'))));
      });
      const connect = (options: object = {}) => opened.connect({ ...WITHOUT_TICKETS, ...options });
      return { ...opened, connect, sessions, asked };
    }

    /** A connection's session; the connection has ended. */
    async function sessionOf(socket: Socket): Promise<Buffer> {
      const [session] = await Promise.all([next<Buffer>(socket, 'session'), once(socket, 'secureConnect')]);
      socket.resume().end();
      await next(socket, 'close');
      return session;
    }

    async function echoes(clientSocket: Socket, serverSocket: Socket): Promise<void> {
      clientSocket.write('ping');
      expect(String(await next(serverSocket, 'data'))).toBe('ping');
      serverSocket.write('pong');
      expect(String(await next(clientSocket, 'data'))).toBe('pong');
    }

    it('are kept by newSession, and found by resumeSession', async () => {
      const { listener, connect, sessions, asked } = await openKeeping();
      const session = await sessionOf(connect());
      expect([...sessions.keys()]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect(asked).toEqual([]);
      const accepted = next<Socket>(listener, 'secureConnection');
      const second = connect({ session });
      await once(second, 'secureConnect');
      const serverSocket = await accepted;
      expect([second.isSessionReused(), serverSocket.isSessionReused()]).toEqual([true, true]);
      expect(second.authorized).toBe(true);
      expect(asked).toEqual([...sessions.keys()]);
      await echoes(second, serverSocket);
    });

    it('lead to a full handshake when the server does not know the id any more', async () => {
      const { listener, connect, sessions, asked } = await openKeeping(() => null);
      const session = await sessionOf(connect());
      const accepted = next<Socket>(listener, 'secureConnection');
      const second = connect({ session });
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      expect(second.authorized).toBe(true);
      expect(asked).toHaveLength(1);
      // The new one has an id of its own, and was kept beside the old one.
      expect([...sessions.keys()][0]).toBe(asked[0]);
      expect(sessions.size).toBe(2);
      await echoes(second, await accepted);
    });

    it('are not resumed without listeners', async () => {
      const opened = await open(pairing, WITHOUT_TICKETS);
      closers.push(opened.close);
      const first = opened.connect(WITHOUT_TICKETS);
      await once(first, 'secureConnect');
      const session = first.getSession();
      first.resume().end();
      await next(first, 'close');
      const second = opened.connect({ ...WITHOUT_TICKETS, ...(session === undefined ? {} : { session }) });
      await once(second, 'secureConnect');
      expect(second.isSessionReused()).toBe(false);
      expect(second.authorized).toBe(true);
    });

    it('end the connection when the look-up fails', async () => {
      const { listener, connect } = await openKeeping();
      const session = await sessionOf(connect());
      listener.removeAllListeners('resumeSession');
      listener.on('resumeSession', (_id: Buffer, answer: Answer) => answer(new Error('the store is down')));
      const refused = next<Error>(listener, 'tlsClientError');
      const second = connect({ session });
      const connected = { yes: false };
      second.on('secureConnect', () => {
        connected.yes = true;
      });
      second.on('error', () => {});
      await next(second, 'close');
      expect(connected.yes).toBe(false);
      expect((await refused).message).toContain('the store is down');
    });
  },
);
