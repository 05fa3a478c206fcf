import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation, StartTlsFailure } from './dialogue.ts';
import { STARTTLS_NAMES, STARTTLS_PROTOCOLS, type StartTlsName } from './protocols.ts';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** Plays the words of a server, in parts of some size; what the client said. */
function play(name: StartTlsName, words: readonly (string | Uint8Array)[], size = 1000) {
  const said: string[] = [];
  const conversation = new Conversation(STARTTLS_PROTOCOLS[name].begin('example.com'), (bytes) => said.push(latin1(bytes)));
  for (const word of words) {
    const bytes = typeof word === 'string' ? Buffer.from(word, 'latin1') : word;
    for (let at = 0; at < bytes.length; at += size) conversation.receive(bytes.subarray(at, at + size));
  }
  return { said, isOver: conversation.isOver, conversation };
}

const greetingOfMySql = (capabilities: number) =>
  Buffer.concat([
    Uint8Array.of(10),
    Buffer.from('8.0.36\0'),
    Buffer.alloc(4 + 8 + 1),
    Uint8Array.of(capabilities & 0xff, capabilities >> 8),
    Buffer.alloc(30),
  ]);
const packet = (payload: Uint8Array) => Buffer.concat([Uint8Array.of(payload.length, 0, 0, 0), payload]);

const STREAM =
  "<?xml version='1.0'?><stream:stream from='example.com' id='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
const GOOD: Readonly<Record<StartTlsName, readonly (string | Uint8Array)[]>> = {
  smtp: [
    '220-mail.example.com ESMTP\r\n220 ready\r\n',
    '250-mail.example.com\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n',
    '220 2.0.0 go\r\n',
  ],
  imap: [
    '* OK [CAPABILITY IMAP4rev1] ready\r\n',
    '* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n',
    'a2 OK begin\r\n',
  ],
  pop3: ['+OK ready\r\n', '+OK list\r\nUIDL\r\nSTLS\r\n.\r\n', '+OK begin\r\n'],
  ftp: ['220-Welcome\r\nwe are here\r\n211 stars\r\n220 ready\r\n', '234 AUTH TLS OK.\r\n'],
  xmpp: [`${STREAM}<stream:features>${STARTTLS}</stream:features>`, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
  postgres: ['S'],
  mysql: [packet(greetingOfMySql(0xffff))],
};

describe.each(STARTTLS_NAMES)('%s', (name) => {
  it('reaches TLS, however the words of the server are cut', () => {
    const { said, isOver } = play(name, GOOD[name]);
    expect(isOver).toBe(true);
    for (const size of [1, 2, 7]) expect(play(name, GOOD[name], size)).toMatchObject({ said, isOver: true });
  });

  it('refuses what stands behind the go-ahead in clear', () => {
    const words = [...GOOD[name]];
    const last = words.pop() as string | Uint8Array;
    const bytes = Buffer.concat([typeof last === 'string' ? Buffer.from(last) : last, Buffer.from('* injected\r\n')]);
    expect(() => play(name, [...words, bytes])).toThrow(/12 bytes in clear behind the go-ahead/);
  });

  it('ends with a failure, or waits, whatever bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...GOOD[name])), { maxLength: 6 }),
        (words) => {
          try {
            play(name, words);
          } catch (error) {
            expect(error).toBeInstanceOf(StartTlsFailure);
          }
        },
      ),
    );
  });

  it('reads no more than 64 KiB', () => {
    expect(() =>
      play(
        name,
        Array.from({ length: 40 }, () => Buffer.alloc(2000, 'x')),
      ),
    ).toThrow(StartTlsFailure);
  });
});

it.each([
  ['smtp', ['EHLO [127.0.0.1]\r\n', 'STARTTLS\r\n']],
  ['imap', ['a1 CAPABILITY\r\n', 'a2 STARTTLS\r\n']],
  ['pop3', ['CAPA\r\n', 'STLS\r\n']],
  ['ftp', ['AUTH TLS\r\n']],
  ['postgres', ['\0\0\0\x08\x04\xd2\x16\x2f']],
  ['mysql', [`\x20\0\0\x01\0\x8a\0\0\0\0\0\x01\x21${'\0'.repeat(23)}`]],
] as const)('%s says its words', (name, words) => {
  expect(play(name, GOOD[name]).said).toEqual(words);
});

it('xmpp addresses the domain', () => {
  const { said } = play('xmpp', GOOD.xmpp);
  expect(said[0]).toContain("to='example.com'");
  expect(said[1]).toBe("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
});

it.each<[StartTlsName, readonly (string | Uint8Array)[], RegExp]>([
  ['smtp', ['554 go away\r\n'], /greeting was answered with "554 go away", not with 220/],
  ['smtp', ['220 hi\r\n', '250-a\r\n250 HELP\r\n'], /does not offer STARTTLS/],
  ['smtp', ['220 hi\r\n', '250 STARTTLS\r\n', '454 not now\r\n'], /STARTTLS was answered with "454 not now"/],
  ['smtp', ['SSH-2.0-OpenSSH_9.2\r\n'], /"SSH-2.0-OpenSSH_9.2"/],
  ['imap', ['* BYE busy\r\n'], /BYE busy/],
  ['imap', ['* PREAUTH welcome\r\n'], /PREAUTH/],
  ['imap', ['* OK hi\r\n', '* CAPABILITY IMAP4rev1\r\na1 OK done\r\n'], /does not offer STARTTLS/],
  ['imap', ['* OK hi\r\n', '* CAPABILITY STARTTLS\r\na1 OK done\r\n', 'a2 NO\r\n'], /STARTTLS was answered with "a2 NO"/],
  ['pop3', ['-ERR busy\r\n'], /greeting was answered with "-ERR busy"/],
  ['pop3', ['+OK hi\r\n', '+OK\r\nUIDL\r\n.\r\n'], /does not offer STLS/],
  ['pop3', ['+OK hi\r\n', '-ERR what\r\n', '-ERR no\r\n'], /STLS was answered with "-ERR no"/],
  ['ftp', ['220 hi\r\n', '530 no\r\n'], /AUTH TLS was answered with "530 no"/],
  ['xmpp', ['HTTP/1.1 400 Bad Request\r\n\r\n<html>'], /no beginning of an XMPP stream/],
  ['xmpp', [`${STREAM}<stream:features><x/></stream:features>`], /does not offer starttls/],
  ['xmpp', [`${STREAM}<stream:features/>`], /does not offer starttls/],
  ['xmpp', [`${STREAM}<stream:error><host-unknown/></stream:error></stream:stream>`], /ended the stream/],
  ['xmpp', [`${STREAM}<stream:features>${STARTTLS}</stream:features>`, '<failure/>'], /"<failure\/>", not with <proceed\/>/],
  ['postgres', ['N'], /switched off/],
  ['postgres', ['E'], /"E"/],
  ['mysql', [packet(greetingOfMySql(0x0200))], /switched off/],
  ['mysql', [packet(Buffer.from('\xff\x10\x04Too many connections', 'latin1'))], /Too many connections/],
  ['mysql', [packet(Uint8Array.of(9))], /no greeting of MySQL/],
  ['mysql', [packet(Uint8Array.of(10, 1, 0))], /cut short/],
  ['mysql', ['220 mail.example.com\r\n'], /no greeting of MySQL/],
])('%s tells why there is no TLS: %j', (name, words, message) => {
  expect(() => play(name, words)).toThrow(message);
});

it('a proceed of two tags is one', () => {
  const words = [GOOD.xmpp[0] as string, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>"];
  expect(play('xmpp', words).isOver).toBe(true);
});

it('a server that leaves is told of with its last words', () => {
  const { conversation } = play('smtp', ['220 hi']);
  expect(conversation.receiveEnd().message).toBe('the server ended the connection before TLS after "220 hi"');
});

it('an answer has 200 lines at most', () => {
  expect(() => play('smtp', ['220-x\r\n'.repeat(202)])).toThrow(/more than 200 lines/);
});
