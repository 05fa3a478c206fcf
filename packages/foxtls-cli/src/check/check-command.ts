/** `foxtls check`: why does this connection fail? Looks at a server as many clients would, and says what is wrong, why, and what to do. */

import type { ClientOptions } from 'foxtls';
import { createHttpFetcher, loadTrustStore } from 'foxtls/node';
import { credentialOf } from 'foxtls/x509';
import { readBlocksOf } from '../cert/blocks.ts';
import { certificateFacts } from '../cert/facts.ts';
import { loadPrivateKey, PASSWORD_OPTIONS, passwordSource } from '../cert/private-keys.ts';
import { defineCommand, type OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import { printable } from '../command/printable.ts';
import type { Terminal } from '../command/terminal.ts';
import { resolveHost } from '../network/addresses.ts';
import { parseEndPoint } from '../network/end-point.ts';
import { STARTTLS_NAMES, STARTTLS_PROTOCOLS, type StartTlsName } from '../starttls/protocols.ts';
import { type Checked, checkServer } from './checking.ts';
import type { Finding, Level } from './finding.ts';
import type { Server } from './probe.ts';

const DEFAULT_SECONDS = 5;
const HTTPS = 443;

const OPTIONS = {
  starttls: { type: 'string', choices: STARTTLS_NAMES, help: 'the protocol that is spoken before TLS' },
  name: { type: 'string', short: 'n', value: 'NAME', help: 'the name that the server should have, if it is not HOST' },
  ca: {
    type: 'string',
    short: 'A',
    multiple: true,
    value: 'FILE',
    help: "trusted certificates, in place of the system's; may be repeated",
  },
  cert: { type: 'string', short: 'c', value: 'FILE', help: 'our certificate, with its chain, for servers that want one' },
  key: { type: 'string', short: 'k', value: 'FILE', help: 'its private key' },
  ...PASSWORD_OPTIONS,
  crl: { type: 'string', multiple: true, value: 'FILE', help: 'CRLs to look into; may be repeated' },
  offline: { type: 'boolean', help: 'ask nobody but the server: no OCSP, no CRL, no missing issuers' },
  'allow-private': { type: 'boolean', help: 'ask responders on this machine and in private networks, too' },
  timeout: { type: 'string', value: 'SECONDS', help: `for each step (${DEFAULT_SECONDS})` },
  ipv6: { type: 'boolean', short: '6', help: 'IPv6: of the addresses of a name, one of those' },
  json: { type: 'boolean', short: 'j', help: 'as JSON' },
} as const;

export const checkCommand = defineCommand({
  name: 'check',
  summary: 'find out why a connection to a server fails, and what to do',
  operands: 'HOST[:PORT]',
  minOperands: 1,
  maxOperands: 1,
  options: OPTIONS,
  notes: [
    'Tries each version of TLS, lists suites and groups, looks at the chain, the name, the way to a trusted root, revocation, and resumption. ' +
      'What is asked for makes some dozens of short connections.',
    'The exit code is 0 when a careful client connects: one that speaks TLS 1.2 or 1.3 with good suites, and verifies.',
  ],
  examples: [
    { purpose: 'a web server', line: 'foxtls check example.com' },
    { purpose: 'a mail server, which begins in clear', line: 'foxtls check mail.example.com:587 --starttls smtp' },
  ],
  async run({ options, operands }, terminal) {
    const controller = new AbortController();
    const undo = terminal.onStop(() => controller.abort(new Error('stopped')));
    const server = await describeServer(operands[0] as string, options, controller.signal);
    const screen = createScreen(terminal, options.json ?? false);
    screen.begin(server);
    try {
      const checked = await checkServer(server, {
        trustAnchors: loadAnchors(options.ca, terminal),
        credentials: await loadClientCredentials(options, terminal),
        now: terminal.now(),
        fetcher: options.offline
          ? undefined
          : createHttpFetcher({ timeout: server.seconds * 1000, allowPrivateAddresses: options['allow-private'] ?? false }),
        crls: (await readBlocksOf('crl', options.crl ?? [], terminal)).map(({ data }) => data),
        tell: screen.tell,
        progress: screen.progress,
      });
      screen.end(server, checked);
      return checked.isWell ? 0 : 1;
    } finally {
      undo();
    }
  },
});

async function describeServer(text: string, options: OptionValues<typeof OPTIONS>, signal: AbortSignal): Promise<Server> {
  const starttls = options.starttls as StartTlsName | undefined;
  const { host, port } = parseEndPoint(text, 'HOST[:PORT]', starttls === undefined ? HTTPS : STARTTLS_PROTOCOLS[starttls].port);
  return {
    target: { name: host, port, ...(await resolveHost(host, options.ipv6)) },
    name: options.name ?? host,
    starttls,
    seconds: parseSeconds(options.timeout, '--timeout', DEFAULT_SECONDS),
    signal,
  };
}

function loadAnchors(files: readonly string[] | undefined, terminal: Terminal): readonly Uint8Array[] {
  const { environment } = terminal;
  const store = loadTrustStore(files === undefined ? { system: true, environment } : { files, environment });
  for (const { place, error } of store.problems) terminal.complain(`left out: ${place}: ${error.message}`);
  return store.certificates;
}

async function loadClientCredentials(
  options: OptionValues<typeof OPTIONS>,
  terminal: Terminal,
): Promise<ClientOptions['credentials']> {
  const { cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  if (cert === undefined || key === undefined) return undefined;
  const chain = (await readBlocksOf('certificate', [cert], terminal)).map(({ data }) => data);
  return [credentialOf({ chain, key: await loadPrivateKey(key, passwordSource(options), terminal) })];
}

interface Screen {
  begin(server: Server): void;
  tell(finding: Finding): void;
  progress(what: string): void;
  end(server: Server, checked: Checked): void;
}

const MARKS: Readonly<Record<Level, string>> = { ok: '✓', note: '·', warning: '!', failure: '✗' };

function createScreen(terminal: Terminal, isJson: boolean): Screen {
  const { style, isInteractive } = terminal;
  const paints = { ok: style.green, note: style.dim, warning: style.yellow, failure: style.red };
  const wipe = () => {
    if (isInteractive && !isJson) terminal.write('\r\x1b[K');
  };
  let section = '';
  const say = (line: string) => {
    wipe();
    terminal.write(`${line}\n`);
  };
  return {
    begin({ target, name, starttls }) {
      if (!isJson)
        say(style.bold(`${name} at ${target.address} port ${target.port}${starttls === undefined ? '' : ` (${starttls})`}`));
    },
    tell({ section: own, level, text, cause, cure }) {
      if (isJson) return;
      if (own !== section) say(style.bold(own));
      section = own;
      const width = isInteractive ? terminal.columns : Number.POSITIVE_INFINITY;
      const [first = '', ...rest] = wrap(printable(text), width - 4);
      say(`  ${paints[level](MARKS[level])} ${first}`);
      for (const line of rest) say(`    ${line}`);
      for (const [label, words] of Object.entries({ cause, cure })) {
        if (words === undefined) continue;
        for (const [i, line] of wrap(printable(words), width - 13).entries())
          say(`      ${(i === 0 ? `${label}:` : '').padEnd(7)}${line}`);
      }
    },
    progress(what) {
      if (!isInteractive || isJson) return;
      wipe();
      terminal.write(style.dim(`  … ${what}`.slice(0, terminal.columns - 1)));
    },
    end(server, checked) {
      if (isJson) return terminal.write(`${JSON.stringify(checkedFacts(server, checked), null, 2)}\n`);
      const failures = checked.findings.filter(({ level }) => level === 'failure').length;
      const warnings = checked.findings.filter(({ level }) => level === 'warning').length;
      const besides = warnings === 0 ? '' : `, with ${warnings} ${warnings === 1 ? 'thing' : 'things'} to mend`;
      const verdict = checked.isWell
        ? style.green(`a careful client connects${besides}`)
        : style.red(`a careful client does not connect: ${failures} ${failures === 1 ? 'reason' : 'reasons'} (✗)`);
      say(`${style.bold('verdict')}: ${verdict}`);
    },
  };
}

/** Lines of at most so many characters, broken between words where there are some. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) as string;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function checkedFacts({ target, name, starttls }: Server, { chain, ...checked }: Checked): object {
  return { name, address: target.address, port: target.port, starttls, ...checked, certificates: chain.map(certificateFacts) };
}
