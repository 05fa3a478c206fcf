/** `foxtls cert fetch`: saves the chain that a TLS server sends. */

import { connect, isIP } from 'node:net';
import { createTlsClient, defineClientConfig } from 'foxtls';
import { formatPem } from 'foxtls/asn1';
import type { PeerVerifier } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { parseCertificate, trustWithoutVerification } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { parseCount } from '../command/numbers.ts';
import { StartTlsFailure } from '../starttls/dialogue.ts';
import { STARTTLS_NAMES, STARTTLS_PROTOCOLS, type StartTlsName } from '../starttls/protocols.ts';
import { upgrade } from '../starttls/upgrade.ts';
import { OUTPUT_OPTIONS } from './output-options.ts';
import { formatName } from './text/value-text.ts';

const DEFAULT_PORT = 443;
const DEFAULT_SECONDS = 15;

export const fetchCommand = defineCommand({
  name: 'fetch',
  summary: "save a server's certificates",
  operands: 'HOST[:PORT]',
  minOperands: 1,
  maxOperands: 1,
  options: {
    out: OUTPUT_OPTIONS.out,
    starttls: {
      type: 'string',
      value: 'PROTOCOL',
      choices: STARTTLS_NAMES,
      help: `what is spoken before TLS: ${STARTTLS_NAMES.join(', ')}`,
    },
    name: { type: 'string', short: 'n', value: 'NAME', help: 'the name to ask for (SNI), if it is not HOST' },
    first: { type: 'boolean', help: "only the server's own certificate, not those of its issuers" },
    plain: { type: 'boolean', help: 'only PEM, without the lines that say whose each certificate is' },
    timeout: { type: 'string', value: 'SECONDS', help: `give up after so long (${DEFAULT_SECONDS})` },
    force: OUTPUT_OPTIONS.force,
  },
  notes: [
    'The certificates are saved as the server sends them: nothing is verified. Whoever stands between you and the server can send others, so compare them by another ' +
      'way before you trust them: foxtls cert verify, or the pin that the owner of the server tells you.',
  ],
  examples: [
    { purpose: 'the chain of a web server', line: 'foxtls cert fetch example.com --out chain.pem' },
    { purpose: 'and whether it is to be trusted', line: 'foxtls cert verify chain.pem --system --name example.com' },
  ],
  async run({ options, operands }, terminal) {
    const protocol = options.starttls as StartTlsName | undefined;
    const { host, port } = parseTarget(
      operands[0] as string,
      protocol === undefined ? DEFAULT_PORT : STARTTLS_PROTOCOLS[protocol].port,
    );
    const seconds = options.timeout === undefined ? DEFAULT_SECONDS : parseCount(options.timeout, '--timeout');
    const sent = await fetchChain({ host, port, protocol, name: options.name ?? host, milliseconds: seconds * 1000 });
    const chosen = options.first ? sent.slice(0, 1) : sent;
    const text = chosen.map((der, i) => (options.plain ? '' : headingOf(der, i)) + formatPem('CERTIFICATE', der)).join('');
    writeOutputs([{ path: options.out, data: text, force: options.force }], terminal);
    if (options.out !== undefined)
      terminal.complain(`${options.out}: ${chosen.length} certificates of ${host}:${port}, not verified`);
  },
});

/** `host`, `host:port`, `2001:db8::1`, `[2001:db8::1]:port` */
function parseTarget(text: string, byDefault: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = isIP(text) === 6 ? text : (bracketed ?? plain);
  const number = port === undefined ? byDefault : Number(port);
  if (host === undefined || number > 65535) throw new UsageError(`HOST[:PORT] is expected, not ${JSON.stringify(text)}`);
  return { host, port: number };
}

/** Each certificate under its subject and issuer, which PEM readers pass over. */
function headingOf(der: Uint8Array, i: number): string {
  const { subject, issuer } = parseCertificate(der);
  return `${i} s:${formatName(subject)}\n  i:${formatName(issuer)}\n`;
}

interface FetchRequest {
  readonly host: string;
  readonly port: number;
  /** Spoken before TLS. */
  readonly protocol: StartTlsName | undefined;
  /** To ask for. */
  readonly name: string;
  readonly milliseconds: number;
}

/** As it was sent, leaf first: kept where it would be verified, and believed by nobody. What fails after that does not matter. */
function fetchChain({ host, port, protocol, name, milliseconds }: FetchRequest): Promise<readonly Uint8Array[]> {
  return new Promise((resolve, reject) => {
    let chain: readonly Uint8Array[] = [];
    const socket = connect({ host, port });
    const fail = (error: Error) => {
      socket.destroy();
      if (chain.length > 0) resolve(chain);
      else if (error instanceof CommandFailure) reject(error);
      else if (error instanceof StartTlsFailure) reject(new CommandFailure(`${host}:${port}: ${error.message}`));
      else reject(Object.assign(error, { path: `${host}:${port}` }));
    };
    const verifier = keepingVerifier((sent) => {
      chain = sent;
    });
    const client = createTlsClient(defineClientConfig({ provider: nodeProvider, verifier }), {
      serverName: isIP(name) === 0 ? name : undefined,
      onEvent(event) {
        if (event.type === 'output') for (const bytes of client.takeOutput()) socket.write(bytes);
        if (event.type === 'error') fail(event.error);
        if (event.type !== 'connected') return;
        resolve(chain);
        client.close();
        socket.end();
      },
    });
    const begin = () => {
      socket.on('data', (bytes) => client.receive(bytes));
      socket.once('end', () => client.receiveEnd());
      client.start();
      socket.resume();
    };
    socket.setTimeout(milliseconds, () => fail(new CommandFailure(`${host}:${port} gave no answer in ${milliseconds / 1000} s`)));
    socket.once('error', fail);
    socket.once('connect', () => {
      if (protocol === undefined) begin();
      else upgrade(socket, protocol, { serverName: name, timeout: milliseconds }).then(begin, fail);
    });
  });
}

function keepingVerifier(keep: (chain: readonly Uint8Array[]) => void): PeerVerifier {
  const { verify } = trustWithoutVerification('the certificates are only saved');
  return {
    acceptsUnverified: true,
    verify(request) {
      if (request.presented.kind === 'x509') keep(request.presented.certificates.map((der) => Uint8Array.from(der)));
      return verify(request);
    },
  };
}
