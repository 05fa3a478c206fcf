/** Where what a command makes goes, and in which form. */

import { formatPem } from 'foxtls/asn1';
import type { OptionTable, OptionValues } from '../command/command.ts';
import type { Output } from '../command/files.ts';

export const OUTPUT_OPTIONS = {
  out: { type: 'string', short: 'o', value: 'FILE', help: 'where it goes (standard output)' },
  der: { type: 'boolean', help: 'DER instead of PEM' },
  force: { type: 'boolean', short: 'f', help: 'overwrite files that are there' },
} as const satisfies OptionTable;

/** The output of one structure, in PEM unless `--der` says otherwise. */
export function outputOf(label: string, data: Uint8Array, { out, der, force }: OptionValues<typeof OUTPUT_OPTIONS>): Output {
  return { path: out, data: der ? data : formatPem(label, data), force };
}
