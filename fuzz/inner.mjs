// What is no entry of the package, for fuzz targets: modules of its sources, in one bundle, so that a class is the same class for all of them.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const contents = `
export { TlsError } from './core/errors/errors.ts';
export { decode, encode } from './core/wire/codec.ts';
export * as messages from './protocol/messages/messages.ts';
export * as tls12Messages from './protocol/messages/tls12/messages.ts';
export { RecordInput } from './transport/tls/record-input.ts';
export { readTicketState, writeTicketState } from './protocol/session/ticket-state.ts';
export { readTls12SessionState, writeTls12SessionState } from './protocol/session/tls12-session-state.ts';
export { readSession, writeSession } from './node/session-bytes.ts';
export { DEFAULT_CIPHERS, parseCiphers } from './node/cipher-list.ts';
`;
const { outputFiles } = await build({
  stdin: { contents, resolveDir: fileURLToPath(new URL('../packages/foxtls/src', import.meta.url)), loader: 'ts' },
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*'],
  target: 'es2022',
  write: false,
});

export const inner = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
