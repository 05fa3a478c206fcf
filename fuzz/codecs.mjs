// Every codec of messages and extensions, found in the sources: what is added there is here.
import { codecModules, inner } from './inner.mjs';

const isCodec = (value) => ['read', 'write', 'invent'].every((method) => typeof value?.[method] === 'function');

/** What a module exports as a codec, a kind of message, or rows of them: `[name, codec]`. */
function codecsOf(name, value) {
  if (isCodec(value)) return [[name, value]];
  if (isCodec(value?.codec)) return [[`${name} (${value.name})`, value.codec]];
  if (name !== 'EXTENSION_TABLE') return [];
  return Object.entries(value).flatMap(([message, row]) =>
    Object.entries(row).map(([extension, codec]) => [`${extension} in ${message}`, codec]),
  );
}

/** `{ file, name, codec }`, in the order of the files. */
const found = codecModules.flatMap(([file, module]) =>
  Object.entries(module)
    .flatMap(([name, value]) => codecsOf(name, value))
    .map(([name, codec]) => ({ file, name, codec })),
);

/** What is no handshake message is read and written by functions: what is dropped is undefined. */
function byFunctions(file, name, { read, write, invent }) {
  const codec = {
    read: (reader) => read(reader.take(reader.remaining)) ?? reader.fail('dropped'),
    write: (writer, value) => writer.bytes(write(value)),
    invent,
  };
  return { file, name, codec };
}

const noPadding = (length) => new Uint8Array(length);
const contents = [
  byFunctions('protocol/messages/heartbeat.ts', 'heartbeat', {
    read: inner.readHeartbeat,
    write: (value) => inner.writeHeartbeat(value, noPadding),
    invent: (choose) => ({ type: 'heartbeat_request', payload: new Uint8Array(choose(40)) }),
  }),
  byFunctions('protocol/messages/return-routability-check.ts', 'return_routability_check', {
    read: inner.readPathMessage,
    write: inner.writePathMessage,
    invent: (choose) => ({ type: 'path_response', cookie: Uint8Array.from({ length: 8 }, () => choose(256)) }),
  }),
];

export const codecs = [
  ...found.filter(({ codec }, index) => found.findIndex((other) => other.codec === codec) === index),
  ...contents,
];

/** The files that have none of their own, and why. */
export const WITHOUT_CODEC = {
  'protocol/messages/extensions/block.ts': 'makes the blocks of the messages',
  'protocol/messages/message-length.ts': 'is about how long a message may be, before it is read',
  'protocol/messages/tls12/server-key-exchange.ts': 'writes what is a key exchange’s to read, by the codecs of its parts',
};

/** Files that no codec is from. */
export const filesWithoutCodec = codecModules
  .map(([file]) => file)
  .filter((file) => ![...found, ...contents].some((codec) => codec.file === file));
