/**
 * What files hold: PEM blocks, with any text around them, or one structure in DER, told apart by its shape.
 *
 * ```
 * Certificate  SEQUENCE { SEQUENCE { [0]? INTEGER SEQUENCE SEQUENCE SEQUENCE SEQUENCE SEQUENCE … } SEQUENCE BIT STRING }
 * request      SEQUENCE { SEQUENCE { INTEGER SEQUENCE SEQUENCE [0] } SEQUENCE BIT STRING }
 * CRL          SEQUENCE { SEQUENCE { INTEGER? SEQUENCE SEQUENCE Time … } SEQUENCE BIT STRING }
 * ```
 */

import { type PemBlock, parsePem, readElement, TAG } from 'foxtls/asn1';
import { CommandFailure } from '../command/failure.ts';
import { readInput } from '../command/files.ts';
import type { Terminal } from '../command/terminal.ts';

export type BlockKind =
  | 'certificate'
  | 'request'
  | 'crl'
  | 'private key'
  | 'public key'
  | 'pkcs7'
  | 'pkcs12'
  | 'ocsp response'
  | 'unknown';

export interface Block extends PemBlock {
  readonly kind: BlockKind;
  /** For messages: the file, and which block of it when it has more than one. */
  readonly place: string;
}

const KINDS_BY_LABEL: Readonly<Record<string, BlockKind>> = {
  CERTIFICATE: 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'TRUSTED CERTIFICATE': 'certificate',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  'X509 CRL': 'crl',
  'PRIVATE KEY': 'private key',
  'ENCRYPTED PRIVATE KEY': 'private key',
  'EC PRIVATE KEY': 'private key',
  'RSA PRIVATE KEY': 'private key',
  'PUBLIC KEY': 'public key',
  'RSA PUBLIC KEY': 'public key',
  PKCS7: 'pkcs7',
  CMS: 'pkcs7',
};

/** All blocks of a file, or of standard input (`-`). Throws `CommandFailure` for a file with nothing in it. */
export async function readBlocks(path: string, terminal: Terminal): Promise<Block[]> {
  const data = await readInput(path, terminal);
  const name = path === '-' ? 'standard input' : path;
  const text = new TextDecoder('latin1').decode(data);
  if (!/^-----BEGIN /m.test(text)) return [readDerBlock(data, name)];
  const blocks = parsePem(text);
  return blocks.map((block, i) => ({
    ...block,
    kind: KINDS_BY_LABEL[block.label] ?? 'unknown',
    place: blocks.length === 1 ? name : `${name}, block ${i + 1} (line ${block.line})`,
  }));
}

/** The blocks of one kind in several files; at least one a file. */
export async function readBlocksOf(kind: BlockKind, paths: readonly string[], terminal: Terminal): Promise<Block[]> {
  const found: Block[] = [];
  for (const path of paths) {
    const blocks = await readBlocks(path, terminal);
    const wanted = blocks.filter((block) => block.kind === kind);
    if (wanted.length === 0) throw new CommandFailure(`${path} has no ${kind} (it has: ${describeBlocks(blocks)})`);
    found.push(...wanted);
  }
  return found;
}

/** The one block of a kind in a file; the first when there are more. */
export async function readBlockOf(kind: BlockKind, path: string, terminal: Terminal): Promise<Block> {
  return (await readBlocksOf(kind, [path], terminal))[0] as Block;
}

export function describeBlocks(blocks: readonly Block[]): string {
  return (
    [...new Set(blocks.map(({ kind, label }) => (kind === 'unknown' ? label || 'something unknown' : kind)))].join(', ') ||
    'nothing'
  );
}

function readDerBlock(data: Uint8Array, place: string): Block {
  if (data.length === 0) throw new CommandFailure(`${place} is empty`);
  const kind = kindOfDer(data);
  if (kind === 'unknown') {
    throw new CommandFailure(`${place} is neither PEM (no BEGIN line) nor a certificate, key, request or CRL in DER`);
  }
  return { label: '', data, headers: new Map(), line: 0, kind, place };
}

const hex = (tags: readonly number[]) => tags.map((tag) => tag.toString(16).padStart(2, '0')).join(' ');

/** By the tags of the outer elements, and of those in the first one. */
const SHAPES: readonly (readonly [outer: RegExp, inner: RegExp, kind: BlockKind])[] = [
  [/^30 30 03$/, /^(a0 )?02 30 30 30 30 30( |$)/, 'certificate'],
  [/^30 30 03$/, /^02 30 30 a0$/, 'request'],
  [/^30 30 03$/, /^(02 )?30 30 (17|18)/, 'crl'],
  [/^02 30 04/, /^/, 'private key'],
  [/^02 04/, /^/, 'private key'],
  [/^02( 02){8}/, /^/, 'private key'],
  [/^30 04$/, /^06/, 'private key'],
  [/^30 03$/, /^06/, 'public key'],
  [/^06 a0$/, /^/, 'pkcs7'],
  [/^02 30( 30)?$/, /^/, 'pkcs12'],
  [/^0a a0$/, /^/, 'ocsp response'],
];

function kindOfDer(data: Uint8Array): BlockKind {
  // PKCS#7 and PKCS#12 may be BER, with lengths left open.
  if (data[0] === TAG.SEQUENCE && data[1] === 0x80) return data[2] === TAG.OBJECT_IDENTIFIER ? 'pkcs7' : 'pkcs12';
  try {
    const element = readElement(data, 'file');
    if (element.tag !== TAG.SEQUENCE) return 'unknown';
    const outer = tagsIn(data);
    const first = element.children().next('first');
    const inner = (first.tag & 0x20) === 0 ? [] : tagsIn(first.encoded);
    return (
      SHAPES.find(([outerShape, innerShape]) => outerShape.test(hex(outer)) && innerShape.test(hex(inner)))?.[2] ?? 'unknown'
    );
  } catch {
    return 'unknown';
  }
}

function tagsIn(der: Uint8Array): number[] {
  const tags: number[] = [];
  const cursor = readElement(der, 'element').children();
  for (let tag = cursor.peek(); tag !== undefined; tag = cursor.peek()) {
    tags.push(tag);
    cursor.next('element');
  }
  return tags;
}
