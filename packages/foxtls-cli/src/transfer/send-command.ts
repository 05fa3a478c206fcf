/** `foxtls send`: a file, to whoever waits for one. */

import { type FileHandle, open } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename } from 'node:path';
import { connect, type TLSSocket } from 'foxtls/tls';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { parseCount, parseSeconds } from '../command/numbers.ts';
import { startProgress } from '../command/progress.ts';
import { createReport } from '../command/report.ts';
import { formatAddress, resolveTarget, type Target, targetOptions } from '../network/addresses.ts';
import { describeSession } from '../network/session-text.ts';
import { connectTcp } from '../network/tcp.ts';
import { clientOptions, loadTlsPlan, logKeys, type TlsPlan } from '../network/tls-options.ts';
import { judgeFileName } from './file-name.ts';
import { sendFile } from './send-file.ts';
import { DEFAULT_PORT, DEFAULT_RECORD_SIZE, TRANSFER_PROTOCOL } from './trailer.ts';
import { DEFAULT_TIMEOUT, secondsLine, TRANSFER_OPTIONS } from './transfer-options.ts';

/** What records can be made of (tls.setMaxSendFragment). */
const MIN_RECORD = 512;
const MAX_RECORD = 16384;
/** Read at once: a multiple of records, and few trips to the disk. */
const CHUNK = 256 * 1024;

export const sendCommand = defineCommand({
  name: 'send',
  summary: 'send a file to foxtls receive, or to another program that does the same',
  operands: 'FILE [HOST]',
  minOperands: 1,
  maxOperands: 2,
  options: {
    ...targetOptions('TCP', DEFAULT_PORT),
    as: { type: 'string', value: 'NAME', help: 'what the file is to be called there (its own name)' },
    'record-size': {
      type: 'string',
      value: 'BYTES',
      help: `of content in a TLS record, ${MIN_RECORD} to ${MAX_RECORD} (${DEFAULT_RECORD_SIZE})`,
    },
    'server-name': { type: 'string', value: 'NAME', help: 'the name that the certificate has to be for (HOST)' },
    'insecure-no-verify': { type: 'boolean', help: 'send it to whoever answers' },
    ...TRANSFER_OPTIONS,
  },
  notes: [
    'The seconds are those that TLS took: to encrypt, and to give the records to the system. Between two foxtls the receiver compares length and SHA-256, and says whether it has kept the file; of other programs that is not known.',
  ],
  examples: [
    { purpose: 'to this machine, where foxtls receive waits', line: 'foxtls send photo.jpg localhost' },
    { purpose: 'in the largest records that there are', line: 'foxtls send photo.jpg localhost --record-size 16384' },
  ],
  async run({ options, operands }, terminal) {
    const [path = '', ...hosts] = operands;
    const report = createReport(options, terminal);
    const recordSize = parseCount(options['record-size'] ?? String(DEFAULT_RECORD_SIZE), '--record-size', {
      min: MIN_RECORD,
      max: MAX_RECORD,
    });
    const seconds = parseSeconds(options.timeout, '--timeout', DEFAULT_TIMEOUT);
    const name = options.as ?? basename(path);
    checkName(name, options.as !== undefined);
    const plan = await loadTlsPlan('client', options, terminal);
    const { handle, size } = await openFile(path);
    let socket: TLSSocket | undefined;
    let isStopped = false;
    const undo = terminal.onStop(() => {
      isStopped = true;
      socket?.resetAndDestroy();
    });
    const progress = startProgress({ title: name, total: size }, terminal);
    try {
      const target = await resolveTarget(hosts, options, DEFAULT_PORT);
      socket = await connectTls(target, {
        plan,
        seconds,
        serverName: options['server-name'],
        isPlain: options.plain ?? false,
        anybody: options['insecure-no-verify'] ?? false,
      });
      if (isStopped) socket.destroy();
      report.explain(`${formatAddress(target)}: ${describeSession(socket)}`);
      const content = handle.createReadStream({ highWaterMark: CHUNK, autoClose: false });
      const sent = await sendFile(socket, { name, content, recordSize, onProgress: progress.advance });
      progress.end();
      const { bytes, tlsSeconds, isConfirmed, sha256, session, usage } = sent;
      report.say(secondsLine(tlsSeconds, 'send'), { event: 'time', seconds: tlsSeconds });
      report.say(`${bytes} bytes sent${isConfirmed ? ', and kept as they are' : ''}`, {
        event: 'sent',
        name,
        bytes,
        sha256,
        confirmed: isConfirmed,
        tlsSeconds,
        ...session,
        ...usage,
      });
    } catch (error) {
      throw isStopped ? new CommandFailure('stopped: the receiver does not have the file') : error;
    } finally {
      progress.end();
      undo();
      await handle.close();
    }
  },
});

function checkName(name: string, isGiven: boolean): void {
  const judgement = judgeFileName(Buffer.from(name), process.platform);
  if ('name' in judgement) return;
  const words = `${JSON.stringify(name)} would be refused: ${judgement.refusal}`;
  throw isGiven ? new UsageError(`--as: ${words}`) : new UsageError(`${words}; give it another name with --as NAME`);
}

async function openFile(path: string): Promise<{ readonly handle: FileHandle; readonly size: number | undefined }> {
  const handle = await open(path, 'r');
  const stat = await handle.stat();
  if (!stat.isDirectory()) return { handle, size: stat.isFile() ? stat.size : undefined };
  await handle.close();
  throw new CommandFailure(`${path} is a folder: put it into one file first, as in tar -c ${path} > all.tar`);
}

interface Connecting {
  readonly plan: TlsPlan;
  /** Of silence that are too many. */
  readonly seconds: number;
  readonly serverName: string | undefined;
  readonly isPlain: boolean;
  /** No matter who answers. */
  readonly anybody: boolean;
}

/** Resolves when the handshake is over. */
async function connectTls(target: Target, { plan, seconds, serverName, isPlain, anybody }: Connecting): Promise<TLSSocket> {
  const transport = await connectTcp(target, { seconds });
  const name = serverName ?? target.name;
  const socket = connect({
    ...clientOptions(plan),
    socket: transport,
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    ...(!isPlain && { ALPNProtocols: [TRANSFER_PROTOCOL] }),
    rejectUnauthorized: !anybody,
    allowHalfOpen: true,
  });
  logKeys(socket, plan);
  socket.setTimeout(seconds * 1000, () => socket.destroy(new CommandFailure(`nothing moved for ${seconds} s`)));
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket));
    // It stays, so that no later error is without a listener.
    socket.on('error', (error) => reject(new CommandFailure(`${formatAddress(target)}: ${describeFailure(error)}`)));
    socket.once('close', () => reject(new CommandFailure(`${formatAddress(target)} closed the connection`)));
  });
}
