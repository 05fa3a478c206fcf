// What fuzz targets need of the sources.
import { importSources } from '../tools/import-sources.mjs';

export const inner = await importSources(`
export { TlsError } from './core/errors/errors.ts';
export { decode, encode } from './core/wire/codec.ts';
export * as messages from './protocol/messages/messages.ts';
export * as tls12Messages from './protocol/messages/tls12/messages.ts';
export { RecordInput } from './transport/tls/record-input.ts';
export { readTicketState, writeTicketState } from './protocol/session/ticket-state.ts';
export { readTls12SessionState, writeTls12SessionState } from './protocol/session/tls12-session-state.ts';
export { readSession, writeSession } from './node/session-bytes.ts';
export { DEFAULT_CIPHERS, parseCiphers } from './node/cipher-list.ts';
`);
