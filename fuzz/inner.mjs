// What fuzz targets need of the sources.
import { readdirSync } from 'node:fs';
import { importSources } from '../tools/import-sources.mjs';

const SOURCES = new URL('../packages/foxtls/src/', import.meta.url);

/** The modules with the codecs of messages and extensions, by their paths in the sources: all there are. */
const codecFiles = readdirSync(new URL('protocol/messages/', SOURCES), { recursive: true })
  .map((file) => `protocol/messages/${file.replaceAll('\\', '/')}`)
  .filter((file) => /^[^.]*\.ts$/.test(file))
  .sort();

export const inner = await importSources(`
export { TlsError } from './core/errors/errors.ts';
${codecFiles.map((file, index) => `export * as codecs${index} from './${file}';`).join('\n')}
export { decode, encode } from './core/wire/codec.ts';
export * as messages from './protocol/messages/messages.ts';
export * as tls12Messages from './protocol/messages/tls12/messages.ts';
export { readHeartbeat, writeHeartbeat } from './protocol/messages/heartbeat.ts';
export { readPathMessage, writePathMessage } from './protocol/messages/return-routability-check.ts';
export { RecordInput } from './transport/tls/record-input.ts';
export { readTicketState, writeTicketState } from './protocol/session/ticket-state.ts';
export { readTls12SessionState, writeTls12SessionState } from './protocol/session/tls12-session-state.ts';
export { readSession, writeSession } from './node/session-bytes.ts';
export { DEFAULT_CIPHERS, parseCiphers } from './node/cipher-list.ts';
`);

/** `[file, module]` for each of them. */
export const codecModules = codecFiles.map((file, index) => [file, inner[`codecs${index}`]]);
