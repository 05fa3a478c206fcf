/**
 * The resident shim: answers each relay (relay.pl) on a Unix socket, and plays the connections of its test against the runner.
 */

import { createServer } from 'node:net';
import { createSessionCache, createTicketKeys, TlsError } from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { exchange, Mismatch } from './exchange.mjs';
import { parseFlags, Unimplemented } from './flags.mjs';
import { clientConfigOf, credentialsOf, serverConfigOf } from './settings.mjs';

const UNIMPLEMENTED = 89;

/** @param {readonly string[]} args @param {AbortSignal} signal */
async function play(args, signal) {
  const rounds = parseFlags(args);
  // A clock that stands, but for -resumption-delay and what the runner says of datagrams: as BoringSSL's shim has it.
  const time = { began: Date.now(), passed: 0 };
  const now = () => time.began + Math.floor(time.passed);
  const kept = { ticketSealer: createTicketKeys(provider, { now }), sessionCache: createSessionCache({ now }) };
  let session;
  for (const [index, flags] of rounds.entries()) {
    if (index > 0) time.passed += 1000 * (flags['resumption-delay'] ?? 0);
    /** @type {string[]} */
    const complaints = [];
    const complain = (problem) => complaints.push(problem);
    try {
      const credentials = await credentialsOf(flags);
      const config = flags.server
        ? serverConfigOf(flags, credentials, now, kept, complain)
        : clientConfigOf(flags, credentials, now);
      const test = { flags, config, credentials, session, isResume: index > 0, complaints, time, signal };
      session = (await exchange(test)) ?? session;
    } catch (error) {
      throw index === 0 ? error : new Later(index + 1, error);
    }
  }
}

/** An error of a connection that is not the first of its test. */
class Later extends Error {
  /** @param {number} number @param {unknown} cause */
  constructor(number, cause) {
    super(`connection ${number}: ${describe(cause)}`, { cause });
  }
}

/** The exit code, and what belongs on stderr. @param {readonly string[]} args @param {AbortSignal} signal */
async function answer(args, signal) {
  try {
    await play(args, signal);
    return '0\n';
  } catch (error) {
    if (error instanceof Unimplemented) {
      console.log(`unimplemented ${error.message}`);
      return `${UNIMPLEMENTED}\n${error.message}\n`;
    }
    return `1\n${describe(error)}\n`;
  }
}

/** `:WORD:` is what the runner's config calls an error by. One of the shim's own making has BoringSSL's word for its message. */
function describe(error) {
  if (error instanceof Later) return error.message;
  if (error instanceof Mismatch) return `mismatch: ${error.message}`;
  if (!(error instanceof TlsError)) return `not an error of foxtls: ${error?.stack ?? error}`;
  const { name, code, reason, subject, limit, description, alert, message } = /** @type {any} */ (error);
  const word = code === 'ERR_TLS_TEST' ? message : (reason ?? subject ?? limit ?? description ?? code);
  return `:${word}: ${name} ${alert ?? 'no alert'} ${message}`;
}

const server = createServer({ allowHalfOpen: true }, (relay) => {
  const gone = new AbortController();
  let request = '';
  relay.setEncoding('latin1');
  relay.on('error', () => gone.abort());
  relay.on('close', () => gone.abort());
  relay.on('data', async (text) => {
    request += text;
    if (!request.endsWith('\0\0')) return;
    relay.end(await answer(request.slice(0, -2).split('\0'), gone.signal));
  });
});
process.on('uncaughtException', (error) => console.error('uncaught', error));
server.listen(process.argv[2], () => console.log('listening'));
