/** What the client says once it is connected, and what it makes of the answer. */

import type { MaxFragmentLength } from 'foxtls';
import { CommandFailure } from '../command/failure.ts';
import { printable, printableLines } from '../command/printable.ts';
import { type Report, shownText } from '../command/report.ts';
import type { Channel } from './channel.ts';
import { describeTlsFailure } from './describe-failure.ts';
import type { Dialler } from './dialling.ts';
import { describeSessionOf, saySession } from './session-lines.ts';
import type { Alpn } from './shared-options.ts';

export interface TalkPlan {
  readonly seconds: number;
  readonly speaks: 'hello' | 'get' | 'quit';
  readonly updatesKeys: boolean;
  readonly renegotiates: boolean;
  readonly waitsForShutdown: boolean;
  /** Of a server that is not who it should be. */
  readonly saysWhatIsWrong: boolean;
  readonly maxFragment: MaxFragmentLength | undefined;
  readonly alpn: Alpn | undefined;
}

const HELLO = 'hello wolfssl!';
const RESUMED_HELLO = 'resuming wolfssl!';
const GET = 'GET /index.html HTTP/1.0\r\n\r\n';
const QUIT = 'QUIT\r\n';
/** Of a page. */
const MAX_PAGE = 1 << 24;

/** One connection from its lines to its end. Resolves with what to resume by, if asked for. Throws `CommandFailure`. */
export async function talk(channel: Channel, plan: TalkPlan, report: Report, hello = HELLO): Promise<Buffer | undefined> {
  let isDone = false;
  try {
    introduce(channel, plan, report);
    if (plan.updatesKeys) channel.updateKeys();
    if (plan.renegotiates) await renegotiate(channel, report);
    await exchange(channel, plan, report, hello);
    const session = await channel.session();
    await leave(channel, plan, report);
    isDone = true;
    return session;
  } catch (error) {
    throw error instanceof CommandFailure ? error : new CommandFailure(`${channel.peer}: ${describeTlsFailure(error)}`);
  } finally {
    if (!isDone) await channel.close(0);
  }
}

/** `-r`: a second connection resumes the session of the first. */
export async function talkTwice(dialler: Dialler, plan: TalkPlan, report: Report): Promise<void> {
  const session = await talk(await dialler.dial(), plan, report);
  if (dialler.isStopped) return;
  if (session === undefined) throw new CommandFailure('the server gave no session to resume');
  const channel = await dialler.dial(session);
  const { resumed } = channel.info;
  await talk(channel, plan, report, RESUMED_HELLO);
  if (!resumed) throw new CommandFailure("didn't reuse session id!!!");
}

/** The lines about the connection, and what was not agreed on. */
function introduce(channel: Channel, { saysWhatIsWrong, maxFragment, alpn }: TalkPlan, report: Report): void {
  const { info, authorized, authorizationError: problem = 'unknown' } = channel;
  if (saysWhatIsWrong && !authorized && info.peer.kind === 'unverified') {
    const reason = printable(info.peer.error.message);
    report.say(
      `In verification callback, error = ${problem}, ${reason}\n\tAllowing to continue anyway (shouldn't do this, EVER!!!)`,
      { event: 'verification-failed', code: problem, reason },
    );
  }
  report.explain(describeSessionOf(channel));
  saySession(channel, report);
  if (alpn !== undefined) sayProtocol(info.alpnProtocol, alpn, report);
  if (maxFragment !== undefined && info.maxFragmentLength === undefined && !info.resumed)
    report.complain(`the server does not agree to records of ${maxFragment} bytes at most (-F)`);
}

function sayProtocol(chosen: string | undefined, { isDemanded }: Alpn, report: Report): void {
  if (chosen !== undefined) {
    const name = printable(chosen);
    report.say(`Received ALPN protocol : ${name} (${chosen.length})`, { event: 'alpn', protocol: name });
    return;
  }
  if (isDemanded) throw new CommandFailure('the server agrees to none of the protocols of --alpn, which begins with F:');
  report.say('No ALPN response received (no match with server)', { event: 'alpn' });
}

async function renegotiate(channel: Channel, report: Report): Promise<void> {
  report.say('Beginning secure renegotiation.', { event: 'renegotiating' });
  try {
    await channel.renegotiate();
  } catch (error) {
    throw new CommandFailure(`the renegotiation failed: ${describeTlsFailure(error)}`);
  }
  report.say('RENEGOTIATION SUCCESSFUL', { event: 'renegotiated' });
}

async function exchange(channel: Channel, { speaks, seconds }: TalkPlan, report: Report, hello: string): Promise<void> {
  if (speaks === 'get') report.say('SSL connect ok, sending GET...', { event: 'get' });
  if (speaks === 'quit') report.say('\nwolfSSL client shutting down SMTP connection', { event: 'quit' });
  await channel.send(Buffer.from(speaks === 'hello' ? hello : speaks === 'get' ? GET : QUIT));
  const reply = speaks === 'get' ? await receivePage(channel, seconds) : await channel.receive(seconds);
  if (reply === undefined) throw new CommandFailure(`${channel.peer} has closed the connection without a reply`);
  const text = speaks === 'hello' ? shownText(reply) : printableLines(Buffer.from(reply).toString().replaceAll('\r\n', '\n'));
  report.say(text, { event: 'reply', bytes: reply.length, text });
}

/** To its end, which is that of the connection, or of the server's patience over UDP. */
async function receivePage(channel: Channel, seconds: number): Promise<Uint8Array | undefined> {
  const first = await channel.receive(seconds);
  if (first === undefined) return undefined;
  const parts = [first];
  let size = first.length;
  for (;;) {
    const rest = missing(Buffer.concat(parts));
    const part = rest === 0 ? undefined : await channel.receive(seconds);
    if (part === undefined) return Buffer.concat(parts);
    parts.push(part);
    size += part.length;
    if (size > MAX_PAGE) throw new CommandFailure(`a page of more than ${MAX_PAGE} bytes`);
  }
}

/** How much of a page is still to come, where its head says so. */
function missing(page: Buffer): number | undefined {
  const head = page.indexOf('\r\n\r\n');
  const [, length] =
    /\r\ncontent-length:\s*(\d{1,9})\r\n/i.exec(page.subarray(0, Math.max(0, head) + 2).toString('latin1')) ?? [];
  return length === undefined ? undefined : Math.max(0, head + 4 + Number(length) - page.length);
}

async function leave(channel: Channel, { waitsForShutdown, seconds }: TalkPlan, report: Report): Promise<void> {
  if (!waitsForShutdown) {
    await channel.close();
    return;
  }
  const isComplete = await channel.close(seconds);
  sayShutdown(isComplete, report);
}

/** Of `-w`. */
export function sayShutdown(isComplete: boolean, report: Report): void {
  if (isComplete) report.say('Bidirectional shutdown complete', { event: 'shutdown', complete: true });
  else throw new CommandFailure('Bidirectional shutdown failed: the other side did not send its close_notify');
}
