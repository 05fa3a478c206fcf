/** `foxtls inspect`: annotates the bytes of TLS, DTLS and DER. */

import { defineCommand } from '../command/command.ts';
import { readInput } from '../command/files.ts';
import { printable } from '../command/printable.ts';
import { readParts } from './input.ts';
import { detectFormat, FORMATS, inspectBytes } from './inspecting.ts';
import { findProblem } from './node.ts';
import { renderTree, treeFacts } from './render.ts';

export const inspectCommand = defineCommand({
  name: 'inspect',
  summary: 'say what every byte of TLS, DTLS or DER is',
  operands: '[FILE]',
  maxOperands: 1,
  options: {
    hex: { type: 'boolean', short: 'x', help: 'the input is a hex dump, even if it could be base64' },
    as: {
      type: 'string',
      choices: FORMATS,
      help: 'what the bytes are: records, datagrams, messages without records, ASN.1 (by how they begin)',
    },
    full: { type: 'boolean', short: 'f', help: 'all bytes of each field, not only the first eight' },
    json: { type: 'boolean', short: 'j', help: 'the tree as JSON' },
  },
  notes: [
    'FILE, or standard input, has raw bytes, a hex dump (with or without offsets, spaces, colons), base64 or PEM. What is encrypted stays closed. ' +
      'The exit code is 1 when it stops being what it was: a line with ✗ says where, and why.',
  ],
  examples: [
    {
      purpose: 'a certificate as the ASN.1 that it is',
      line: 'foxtls cert self-signed localhost --key-out key.pem | foxtls inspect',
    },
    { purpose: 'an alert, from a hex dump', line: "echo '15 03 03 00 02 02 28' | foxtls inspect --hex" },
  ],
  async run({ options, operands }, terminal) {
    const isKnown = (bytes: Uint8Array) => detectFormat(bytes) !== 'unknown';
    const parts = readParts(await readInput(operands[0] ?? '-', terminal), options.hex ?? false, isKnown);
    const facts: object[] = [];
    let isAllRead = true;
    for (const { name, bytes } of parts) {
      const inspection = inspectBytes(bytes, options.as as (typeof FORMATS)[number] | undefined);
      isAllRead &&= findProblem(inspection.nodes) === undefined;
      if (options.json) {
        facts.push({ ...(name !== undefined && { name }), ...treeFacts(inspection) });
        continue;
      }
      if (name !== undefined) terminal.write(`${terminal.style.bold(printable(name))}\n`);
      terminal.write(`${renderTree(inspection.nodes, { style: terminal.style, full: options.full ?? false }).join('\n')}\n`);
    }
    if (options.json) terminal.write(`${JSON.stringify(facts.length === 1 ? facts[0] : facts, null, 2)}\n`);
    return isAllRead ? 0 : 1;
  },
});
