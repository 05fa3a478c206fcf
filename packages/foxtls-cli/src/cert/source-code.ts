/** Certificates and keys as source code, for programs that carry them along: string arrays of C and TypeScript, and arrays of bytes. */

export interface Embedded {
  readonly data: Uint8Array;
  /** PEM. */
  readonly text: string;
}

/** What `--to` calls the forms. */
export const SOURCE_FORMS = {
  c: formatC,
  ts: formatTypeScript,
  'c-bytes': formatCBytes,
  'ts-bytes': formatTypeScriptBytes,
} as const;

export type SourceForm = keyof typeof SOURCE_FORMS;

export function formatSource(form: SourceForm, name: string, embedded: readonly Embedded[]): string {
  return SOURCE_FORMS[form](name, embedded);
}

function formatC(name: string, embedded: readonly Embedded[]): string {
  const lines = linesOf(embedded).map((line) => `    "${line}\\n"`);
  return `static const char ${name}[] =\n${lines.join('\n')};\n`;
}

function formatTypeScript(name: string, embedded: readonly Embedded[]): string {
  const lines = linesOf(embedded).map((line) => `  '${line}',`);
  return `export const ${name} = [\n${lines.join('\n')}\n  '',\n].join('\\n');\n`;
}

function formatCBytes(name: string, embedded: readonly Embedded[]): string {
  return numbered(name, embedded)
    .map(({ title, data }) => `static const unsigned char ${title}[${data.length}] = {\n${byteLines(data, '    ')}\n};\n`)
    .join('\n');
}

function formatTypeScriptBytes(name: string, embedded: readonly Embedded[]): string {
  return numbered(name, embedded)
    .map(({ title, data }) => `export const ${title} = Uint8Array.of(\n${byteLines(data, '  ')}\n);\n`)
    .join('\n');
}

/** PEM is letters, digits and punctuation that needs no escape in a string. */
function linesOf(embedded: readonly Embedded[]): string[] {
  return embedded.flatMap(({ text }) => text.trimEnd().split('\n'));
}

function numbered(name: string, embedded: readonly Embedded[]): { title: string; data: Uint8Array }[] {
  return embedded.map(({ data }, i) => ({ title: embedded.length === 1 ? name : `${name}_${i + 1}`, data }));
}

const BYTES_IN_LINE = 12;

function byteLines(data: Uint8Array, indent: string): string {
  const bytes = [...data].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_IN_LINE)
    lines.push(`${indent}${bytes.slice(at, at + BYTES_IN_LINE).join(', ')},`);
  return lines.join('\n');
}
