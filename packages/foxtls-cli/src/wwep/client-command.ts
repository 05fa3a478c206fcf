/** `foxtls wwep-client`: sends WWEP requests, in clear or over TLS; without any, keys or lines. */

import { defineCommand, type OptionValues } from '../command/command.ts';
import { describeFailure, UsageError } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { createReport, JSON_OPTION, type Report, shownText } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { parsePort, type Target } from '../network/addresses.ts';
import { loadTlsPlan, TLS_OPTIONS, type TlsPlan } from '../network/tls-options.ts';
import { askConnection } from './asking.ts';
import { connectPlain, connectSecure, resolveWwepHost } from './connecting.ts';
import { DEFAULT_ADDRESS, DEFAULT_HOST, PLAIN_PORT, SECURE_PORT } from './ports.ts';
import { formatWrite, isMalformedReply } from './protocol.ts';
import { loadWwepTrust, TRUST_OPTIONS, type Trust } from './trust.ts';

const DEFAULT_DEVICE = '0FAC';
/** Of the lamp that the keys switch. */
const LED_REGISTER = 0x05;
/** Milliseconds for the server to end a connection whose reply is there. */
const CLOSING_TIME = 200;

const OPTIONS = {
  host: { type: 'string', short: 'h', value: 'HOST', help: `the server (${DEFAULT_HOST}, ${DEFAULT_ADDRESS})` },
  port: { type: 'string', short: 'p', value: 'PORT', help: `its TCP port for what is sent in clear (${PLAIN_PORT})` },
  'secure-port': { type: 'string', value: 'PORT', help: `its TCP port of TLS (${SECURE_PORT})` },
  ipv6: { type: 'boolean', short: '6', help: 'IPv6: of the addresses of a name, one of those' },
  secure: { type: 'boolean', help: 'send over TLS (the default)' },
  plain: { type: 'boolean', help: 'send in clear: everybody on the way reads and changes it' },
  device: { type: 'string', value: 'HEX', help: `the device whose lamp the keys switch (${DEFAULT_DEVICE})` },
  ...TRUST_OPTIONS,
  ...TLS_OPTIONS,
  ...JSON_OPTION,
} as const;

export const wwepClientCommand = defineCommand({
  name: 'wwep-client',
  summary: 'write and read registers of devices by WWEP, in clear or over TLS',
  operands: '[MESSAGE...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: OPTIONS,
  notes: [
    'Each MESSAGE is sent over a connection of its own: W0FAC0B1234 writes, R0FAC0B reads. Without a MESSAGE: on a terminal, the key 0 switches the lamp ' +
      '(register 05) in clear and the key 1 over TLS, q ends; by a pipe, each line is a message, and the lines 0 and 1 are those keys.',
    'Over TLS the server has to be known: by the root of its certificate (from a file, one that comes with foxtls, or as text), or by the pin of its key.',
  ],
  examples: [
    {
      purpose: 'a server on this machine, over TLS',
      line: 'foxtls wwep-client -h localhost --ca-asset demo W0FAC0B1234 R0FAC0B',
    },
    { purpose: 'the same in clear', line: 'foxtls wwep-client -h localhost --plain R0FAC0B' },
  ],
  async run({ options, operands }, terminal) {
    if (options.secure && options.plain) throw new UsageError('--secure and --plain exclude each other');
    const report = createReport(options, terminal);
    const device = parseDevice(options.device);
    const isSecure = !options.plain;
    const send = await createSender(options, report, terminal);
    if (operands.length > 0) {
      let isAllDone = true;
      for (const message of operands) isAllDone = (await send(message, isSecure)) && isAllDone;
      return isAllDone ? 0 : 1;
    }
    const lamp = { device, isOn: false };
    const sendSafely: Send = async (message, secure) => {
      try {
        return await send(message, secure);
      } catch (error) {
        report.complain(describeFailure(error));
        return false;
      }
    };
    return terminal.isInteractive
      ? readKeys(lamp, sendSafely, report, terminal)
      : sendLines(lamp, isSecure, sendSafely, report, terminal);
  },
});

/** Whether the server did it. Throws `CommandFailure` when there is no reply. */
type Send = (message: string, isSecure: boolean) => Promise<boolean>;

async function createSender(options: OptionValues<typeof OPTIONS>, report: Report, terminal: Terminal): Promise<Send> {
  const host = await resolveWwepHost(options.host ?? DEFAULT_HOST, options.ipv6);
  const plainTarget: Target = { ...host, port: parsePort(options.port, PLAIN_PORT) };
  const secureTarget: Target = { ...host, port: parsePort(options['secure-port'], SECURE_PORT, '--secure-port') };
  // Once, and only when something is sent over TLS.
  let loading: Promise<{ readonly plan: TlsPlan; readonly trust: Trust }> | undefined;
  return async (message, isSecure) => {
    if (isSecure) loading ??= loadTls(options, report, terminal);
    const tls = isSecure ? await loading : undefined;
    const socket = await (tls === undefined ? connectPlain(plainTarget) : connectSecure(secureTarget, tls.plan, tls.trust));
    try {
      // Sent first, and told then: the server waits for it no longer than a tenth of a second.
      const replying = askConnection(socket, message);
      const sent = printable(message);
      report.say(`Sent ${isSecure ? 'Secure ' : ''}Message=${sent}`, { event: 'sent', message: sent, secure: isSecure });
      const reply = await replying;
      const shown = shownText(Buffer.from(reply, 'latin1'));
      const isMalformed = isMalformedReply(reply);
      report.say(`Server Response=${shown}`, { event: 'reply', reply: shown, malformed: isMalformed });
      if (isMalformed && !options.json) terminal.write('Malformed response\n');
      return reply.startsWith('A') && !isMalformed;
    } finally {
      socket.end();
      // The server ends the connection; one that does not is not waited for.
      setTimeout(() => socket.destroy(), CLOSING_TIME).unref();
    }
  };
}

async function loadTls(options: OptionValues<typeof OPTIONS>, report: Report, terminal: Terminal) {
  if (options.psk) return { plan: await loadTlsPlan('client', options, terminal), trust: {} };
  const trust = await loadWwepTrust(options, report, terminal);
  const { cert, key, ca: _, ...plan } = await loadTlsPlan('client', options, terminal);
  // The certificate that our programs share says nothing to servers of others.
  const isShown = options.cert !== undefined || options['ca-asset'] === 'demo';
  return { plan: { ...plan, ...(isShown && cert !== undefined && key !== undefined && { cert, key }) }, trust };
}

interface Lamp {
  readonly device: number;
  isOn: boolean;
}

/** Switches the lamp here when the server has taken it there. */
async function switchLamp(lamp: Lamp, isSecure: boolean, send: Send, report: Report, terminal: Terminal): Promise<void> {
  const isOn = !lamp.isOn;
  const place = { device: lamp.device, register: LED_REGISTER };
  if (!(await send(formatWrite(place, isOn ? 1 : 0), isSecure))) return;
  lamp.isOn = isOn;
  const { yellow, dim } = terminal.style;
  report.say(`LED ${isOn ? yellow('on') : dim('off')}`, { event: 'led', on: isOn });
}

async function readKeys(lamp: Lamp, send: Send, report: Report, terminal: Terminal): Promise<number> {
  const { bold } = terminal.style;
  report.say(`${bold('0')} switches the LED in clear, ${bold('1')} over TLS, ${bold('q')} ends`, { event: 'ready' });
  const keys = terminal.readKeys();
  const undo = terminal.onStop(() => keys.close());
  try {
    for (let key = await keys.next(); key !== undefined && key !== 'q'; key = await keys.next()) {
      if (key === '0' || key === '1') await switchLamp(lamp, key === '1', send, report, terminal);
    }
    return 0;
  } finally {
    undo();
    keys.close();
  }
}

async function sendLines(lamp: Lamp, isSecure: boolean, send: Send, report: Report, terminal: Terminal): Promise<number> {
  const lines = terminal.readLines();
  const undo = terminal.onStop(() => lines.close());
  let isAllDone = true;
  try {
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      const text = Buffer.from(line).toString('latin1');
      if (text === '0' || text === '1') await switchLamp(lamp, text === '1', send, report, terminal);
      else isAllDone = (await send(text, isSecure)) && isAllDone;
    }
    return isAllDone ? 0 : 1;
  } finally {
    undo();
    lines.close();
  }
}

function parseDevice(text = DEFAULT_DEVICE): number {
  if (/^[0-9a-f]{4}$/i.test(text)) return Number.parseInt(text, 16);
  throw new UsageError(`--device is 4 hexadecimal digits, not ${JSON.stringify(text)}`);
}
