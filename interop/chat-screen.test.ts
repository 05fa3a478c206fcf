/** The screen of `foxtls chat`, typed into and looked at. */

import { expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { LUCAS, MARIAS, PUBLIC, startChatServer, startChatter, type Talker, talkAsInTheTutorial } from './harness/chat.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms, shellLine } from './harness/programs.ts';
import { type Screen, startScreen } from './harness/screen.ts';

const programs = foxtlsPrograms();

/** A client on a screen of its own. */
function openChat(server: { readonly address: string }, ...given: string[]): Screen {
  return startScreen({
    command: shellLine(['chat', ...given, server.address]),
    columns: 80,
    rows: 24,
    environment: { HOME: programs.home, CI: '1' },
  });
}

/** The lines of the conversation: without title, blanks and what is typed. */
function conversation(screen: Screen): string[] {
  return screen
    .text()
    .split('\n')
    .slice(1)
    .filter((line) => line !== '' && !/^[┌│└]/.test(line));
}

/** A title, and a box of three lines at the bottom with what is typed: nothing is left of frames before. */
function expectWhole(screen: Screen, typed: string): void {
  const lines = screen.text().split('\n');
  expect(lines.filter((line) => /^[┌│└|]/.test(line))).toEqual([lines[0], ...lines.slice(-3)]);
  expect(lines.slice(-3)).toEqual([
    expect.stringMatching(/^┌─+┐$/),
    expect.stringMatching(new RegExp(`^│ > ${typed} +│$`)),
    expect.stringMatching(/^└─+┘$/),
  ]);
}

describeWithPeer('the screen of foxtls chat', 'tmux', () => {
  it('shows the three of the tutorial what they see there', async () => {
    const server = await startChatServer(programs);
    const three: Record<string, Screen> = {};
    for (const name of ['Luca', 'Maria', 'Carlos']) {
      const screen = openChat(server);
      await screen.shows(/^Set your username:/);
      screen.type(name);
      screen.press('Enter');
      await screen.shows(/^\|-+foxtls chat-+\|$/m);
      three[name] = screen;
    }
    const talker = (name: string): Talker => {
      const screen = three[name] as Screen;
      return {
        lines: () => conversation(screen),
        say: (line) => {
          screen.type(line);
          screen.press('Enter');
        },
        sees: async (line) => {
          await screen.shows(new RegExp(`^${line.replace(/[[\]().!]/g, '\\$&')}$`, 'm'));
        },
      };
    };
    const all = [talker('Luca'), talker('Maria'), talker('Carlos')] as const;
    await talkAsInTheTutorial(all);
    expect(all.map((one) => one.lines())).toEqual([LUCAS, MARIAS, PUBLIC]);
    const [luca, maria] = [three['Luca'], three['Maria']] as [Screen, Screen];
    luca.type('quit');
    luca.press('Enter');
    await luca.shows(/^ Press a button!!!$/m);
    luca.press('x');
    expect(await luca.ended()).toBe(0);
    maria.press('C-c');
    await maria.shows(/^ Press a button!!!$/m);
    maria.press('Enter');
    expect(await maria.ended()).toBe(0);
    server.process.signal('SIGTERM');
    await (three['Carlos'] as Screen).shows(/^ Press a button!!!$/m);
  });

  it('edits, recalls and pastes lines, wide characters too', async () => {
    const server = await startChatServer(programs, '--classic');
    const screen = openChat(server, '--name', 'Luca', '--classic', '--public-port', String(server.publicPort));
    await screen.shows(/^\|-+WolfSSL chat-+\|$/m);
    const send = (line: string) => {
      screen.type(line);
      screen.press('Enter');
    };
    send('first');
    await screen.shows(/^\[Luca\] first$/m);
    send('漢字 and é');
    await screen.shows(/^\[Luca\] 漢字 and é$/m);
    screen.press('Up', 'Up');
    await screen.shows(/^│ > first +│$/m);
    expectWhole(screen, 'first');
    screen.press('BSpace', 'Left', 'X');
    await screen.shows(/^│ > firXs +│$/m);
    screen.press('Down');
    await screen.shows(/^│ > 漢字 and é +│$/m);
    expectWhole(screen, '漢字 and é');
    screen.press('C-u');
    screen.paste('pasted\nin two lines');
    await screen.shows(/^│ > pasted in two lines +│$/m);
    screen.press('Enter');
    await screen.shows(/^\[Luca\] pasted in two lines$/m);
    expect(conversation(screen)).toEqual(['[Luca] first', '[Luca] 漢字 and é', '[Luca] pasted in two lines']);
    await server.process.prints(/pasted in two lines/);
    expect(server.process.bytes.toString()).toContain('[Luca] 漢字 and é\n');
  });

  it('fits into the window, and says when it cannot', async () => {
    const server = await startChatServer(programs);
    const screen = openChat(server, '--name', 'Luca');
    const maria = await startChatter(programs, server, 'Maria');
    await screen.shows(/foxtls chat/);
    for (let i = 0; i < 40; i++) maria.say(`line ${i}`);
    await screen.shows(/\[Maria\] line 39$/m);
    expect(screen.text()).not.toContain('line 10\n');
    screen.press('PPage', 'PPage');
    await screen.shows(/PageDown for what is new/);
    await screen.shows(/\[Maria\] line 10$/m);
    screen.press('NPage', 'NPage');
    await screen.shows(/\[Maria\] line 39$/m);
    screen.type('kept');
    screen.resize(60, 20);
    await screen.shows(/^The terminal is too small \(20×60\): make it 24×76 at\s+least$/m);
    screen.resize(100, 30);
    await screen.shows(/^\|-{43}foxtls chat-{44}\|$/m);
    await screen.shows(/^│ > kept +│$/m);
    expectWhole(screen, 'kept');
    expect(screen.text().split('\n').at(-1)).toMatch(/^└─{98}┘$/);
  });

  it('asks again for a name that is taken, and ends at Ctrl-D', async () => {
    const server = await startChatServer(programs);
    await startChatter(programs, server, 'Luca');
    const screen = openChat(server);
    await screen.shows(/^Set your username:/);
    screen.type('Luca');
    screen.press('Enter');
    await screen.shows(/the name Luca is taken\nSet your username:/);
    screen.type('Luca2');
    screen.press('Enter');
    await screen.shows(/foxtls chat/);
    screen.press('C-d');
    await screen.shows(/Press a button/);
    screen.press('Space');
    expect(await screen.ended()).toBe(0);
    // What was there before the chat is there again.
    expect(screen.text()).toContain('the name Luca is taken');
  });
});

describeWithPeer('the screens of two people', 'tmux', () => {
  const open = (...given: string[]) => startScreen({ command: shellLine(given), environment: { HOME: programs.home, CI: '1' } });
  const say = (screen: Screen, text: string) => {
    screen.type(text);
    screen.press('Enter');
  };

  it('show a chat in turns under TLS', async () => {
    const server = open('chat-server', '--ping-pong', '--port', '0');
    const [, port = ''] = await server.shows(/^Listening on 127\.0\.0\.1:(\d+)\nWaiting for a connection\.\.\.$/m);
    const client = open('chat', '--ping-pong', '--port', port);
    await client.shows(/^Set your username:/);
    say(client, 'Luca');
    await server.shows(/^\[System\] Client Luca connected successfully\n\*{31}$/m);
    say(server, 'Hi Luca!');
    await client.shows(/^\[Server\] Hi Luca!$/m);
    say(client, 'Hi Server!');
    await server.shows(/^\[Server\] Hi Luca!\n\[Luca\] Hi Server!$/m);
    say(server, 'Bye Bye');
    await client.shows(/^\[Server\] Bye Bye$/m);
    say(client, 'quit');
    for (const screen of [client, server]) {
      await screen.shows(/^\[System\] Communication is ended!\n Press a button!!!$/m);
      screen.press('Enter');
      expect(await screen.ended()).toBe(0);
    }
    expect(server.text()).toMatch(/Shutdown complete$/m);
  });

  it('show a chat over TCP, and the server waits for the next', async () => {
    const server = open('chat-tcp', '--listen', '--port', '0');
    const [, port = ''] = await server.shows(/^Listening on 127\.0\.0\.1:(\d+)$/m);
    for (const name of ['Luca', 'Maria']) {
      const client = open('chat-tcp', '--name', name, '--port', port);
      await server.shows(new RegExp(`^\\[System\\] Client ${name} connected successfully$`, 'm'));
      say(client, `I am ${name}`);
      await server.shows(new RegExp(`^\\[${name}\\] I am ${name}$`, 'm'));
      say(server, 'Hello');
      await client.shows(/^\[Server\] Hello$/m);
      say(client, 'quit');
      await client.shows(/Press a button/);
      client.press('Enter');
      expect(await client.ended()).toBe(0);
      await server.shows(/^\[System\] Communication is ended!\nWaiting for a connection\.\.\.$/m);
    }
    server.press('C-c');
    expect(await server.ended()).toBe(0);
    expect(server.text()).toMatch(/Shutdown complete$/m);
  });

  it('show what happens at a server, until it is told to quit', async () => {
    const ports = [await findFreePort(), await findFreePort()].map(String) as [string, string];
    const server = open('chat-server', '--classic', '--screen', '--port', ports[0], '--public-port', ports[1]);
    await server.shows(/^\|-+WolfSSL chat-+\|$/m);
    const luca = programs.foxtls('chat', '--classic', '--name', 'Luca', '--port', ports[0], '--public-port', ports[1]);
    await server.shows(/^\[System\] Client connected successfully$/m);
    luca.write('Hi\n');
    await server.shows(/^\[Luca\] Hi$/m);
    say(server, 'list');
    await server.shows(/^\[0\] Luca$/m);
    say(server, 'hello');
    await server.shows(/^\[System\] nobody hears this: /m);
    say(server, 'quit');
    expect(await server.ended()).toBe(0);
    expect(server.text()).toMatch(/Waiting for a connection\.\.\.\nShutdown complete$/m);
    expect((await luca.exited()).code).toBe(0);
    const piped = programs.foxtls('chat-server', '--screen', '--port', '0');
    expect((await piped.exited()).code).toBe(2);
  });

  it('show a server that ends by Ctrl-C', async () => {
    const server = open('chat-server', '--port', '0');
    const [, port = ''] = await server.shows(/^Listening on 127\.0\.0\.1:(\d+)$/m);
    const client = open('chat', '--plain', '--port', port);
    await client.shows(/^Set your username:/);
    say(client, 'Luca');
    await server.shows(/^\[System\] Client Luca connected successfully$/m);
    say(client, 'Hi');
    await server.shows(/^\[Luca\] Hi$/m);
    // Typed lines are not shown twice.
    expect(client.text()).toBe('Set your username: Luca\nHi');
    server.press('C-c');
    await server.shows(/^SIGINT 2 handled\nShutdown complete$/m);
    expect([await server.ended(), await client.ended()]).toEqual([0, 0]);
    expect(client.text()).toMatch(/^Hi\n\[System\] Communication is ended!$/m);
  });
});
