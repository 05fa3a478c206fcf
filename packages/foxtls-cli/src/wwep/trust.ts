/**
 * Whom a WWEP client trusts: a root from a file, one that comes with foxtls, one given as text, or a key by its pin; or, if it is said in so many words,
 * anybody.
 *
 * The course keeps a root in three places of a device: in its configuration table, in a file system of resources, in the program's own text. What it prints
 * on the way is printed here.
 */

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { CertificateInvalid } from 'foxtls';
import type { PeerVerifier } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { loadTrustStore, readCertificateBundle } from 'foxtls/node';
import { createRawPublicKeyVerifier, formatCertificatePem, parseCertificate } from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { printableLines } from '../command/printable.ts';
import type { Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { loadOwnPki } from '../network/credential-options.ts';

export const TRUST_OPTIONS = {
  'ca-asset': {
    type: 'string',
    choices: ['demo', 'mozilla'],
    help: "a root that comes with foxtls: of foxtls' own servers, or of the public web",
  },
  'ca-string': {
    type: 'string',
    value: 'PEM',
    help: 'a root as text, as in --ca-string="$(cat ca.pem)"; \\n and \\r\\n stand for the ends of lines',
  },
  pin: {
    type: 'string',
    multiple: true,
    value: 'PIN',
    help: "no root: the server's own key, as foxtls cert pin prints it; may be repeated",
  },
  'insecure-no-verify': { type: 'boolean', help: 'take any server for the right one' },
} as const satisfies OptionTable;

export type TrustOptions = OptionValues<typeof TRUST_OPTIONS> & { readonly ca?: string | undefined };

/** Options of a connection; none for one by a pre-shared key. */
export type Trust =
  | Record<string, never>
  | { readonly ca: string }
  | { readonly verifier: PeerVerifier }
  | { readonly rejectUnauthorized: false };

/** The result codes of the course's library. */
const WICED_ERROR = 4;
const WICED_BADARG = 5;

/** Throws `UsageError` when it is not said whom to trust, `CommandFailure` for a root that is none. */
export async function loadWwepTrust(options: TrustOptions, report: Report, terminal: Terminal): Promise<Trust> {
  const { ca, 'ca-asset': asset, 'ca-string': text, pin: pins = [], 'insecure-no-verify': isInsecure = false } = options;
  const ways = [ca, asset, text, pins[0], isInsecure || undefined].filter((way) => way !== undefined);
  if (ways.length === 0) {
    throw new UsageError(
      'whom to trust is not said, and anybody could answer: --ca FILE, --ca-asset demo, --ca-string PEM or --pin PIN (or --insecure-no-verify)',
    );
  }
  if (ways.length > 1) throw new UsageError('--ca, --ca-asset, --ca-string, --pin and --insecure-no-verify exclude each other');
  if (isInsecure) return { rejectUnauthorized: false };
  if (pins.length > 0) return { verifier: createPinVerifier(pins.map(parsePin)) };
  if (ca !== undefined) report.say('Read the certificate Key from DCT', { event: 'reading-certificate' });
  return { ca: await initializeRoot({ ca, asset, text }, report, terminal) };
}

interface Place {
  readonly ca: string | undefined;
  readonly asset: string | undefined;
  readonly text: string | undefined;
}

async function initializeRoot(place: Place, report: Report, terminal: Terminal): Promise<string> {
  const fail = (code: number, why: string) => {
    report.say(`Error: Root CA certificate failed to initialize: ${code}`, { event: 'certificate-failed', code });
    return new CommandFailure(`the root cannot be used: ${why}`);
  };
  let root: string;
  try {
    root = await readRoot(place, terminal);
  } catch (error) {
    throw fail(WICED_ERROR, describeFailure(error));
  }
  if (place.asset !== 'mozilla') {
    report.say(`Certificate Length = ${root.length}`, { event: 'certificate', length: root.length });
    report.say(`Certificate =${printableLines(root.trimEnd())}`, { event: 'certificate-text', text: root });
  }
  const { certificates, problems } = readCertificateBundle(root);
  if (certificates.length > 0) return root;
  throw fail(WICED_BADARG, problems[0]?.error.message ?? 'there is no certificate in PEM in it');
}

async function readRoot({ ca, asset, text }: Place, terminal: Terminal): Promise<string> {
  if (text !== undefined) return text.replace(/\\r\\n|\\n/g, '\n');
  // 200 kB, for those who want them.
  if (asset === 'mozilla')
    return (await import('foxtls/mozilla-roots'))
      .mozillaRoots()
      .map((der) => formatCertificatePem(der))
      .join('');
  if (asset === 'demo') return (await loadOwnPki(terminal)).ca;
  const path = ca as string;
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  return loadTrustStore({ folders: [path] })
    .certificates.map((der) => formatCertificatePem(der))
    .join('');
}

/** `sha256//BASE64`, or 64 hexadecimal digits. */
export function parsePin(text: string): Uint8Array {
  const base64 = /^sha256\/\/([A-Za-z0-9+/]{43}=)$/.exec(text)?.[1];
  if (base64 !== undefined) return new Uint8Array(Buffer.from(base64, 'base64'));
  if (/^([0-9a-f]{2}){32}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  throw new UsageError(
    `--pin is sha256// and 44 characters of base64, as foxtls cert pin prints it, not ${JSON.stringify(text)}`,
  );
}

/** Accepts a server by its key alone: no issuer, name or date of its certificate says anything then. */
export function createPinVerifier(pins: readonly Uint8Array[]): PeerVerifier {
  const pinned = new Set(pins.map((pin) => Buffer.from(pin).toString('hex')));
  return {
    verify(request) {
      const { presented } = request;
      const spki = presented.kind === 'x509' ? keyOf(presented.certificates[0]) : presented.spki;
      const digest = createHash('sha256').update(spki);
      const trustedKeys = pinned.has(digest.digest('hex')) ? [spki] : [];
      // It compares the key once more, and is the one who vouches for it.
      const { verify } = createRawPublicKeyVerifier({ provider: nodeProvider, trustedKeys });
      return verify({ ...request, presented: { kind: 'raw-public-key', spki } });
    },
  };
}

function keyOf(der: Uint8Array | undefined): Uint8Array {
  if (der === undefined) throw new CertificateInvalid('none_presented', 'the server presented no certificate');
  return parseCertificate(der).publicKey;
}
