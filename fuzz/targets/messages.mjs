// Every handshake message: what can be read is written as it was, and is read again as the same. The first byte of an input says which codec.
import { isDeepStrictEqual } from 'node:util';
import { inner } from '../inner.mjs';
import { seeded } from '../mutate.mjs';

const { messages, tls12Messages, encode, decode } = inner;
const kinds = [messages, tls12Messages].flatMap((module) => Object.values(module).filter((kind) => kind?.codec !== undefined));

/** No extensions, which older versions may leave out, are read as an empty block: of these only the values are the same. */
const MAY_LACK_EXTENSIONS = ['client_hello', 'server_hello'];

function inventSome({ codec }, index) {
  const choose = seeded(index + 1);
  return Array.from({ length: 8 }, () => Uint8Array.of(index, ...encode(codec, codec.invent(choose))));
}

export const targets = [
  {
    name: 'messages',
    corpus: () => kinds.flatMap(inventSome),
    run([index, ...body]) {
      const kind = kinds[index];
      if (kind === undefined) return 'refused';
      const bytes = Uint8Array.from(body);
      const value = decode(kind.codec, bytes, kind.name);
      const again = encode(kind.codec, value);
      if (!isDeepStrictEqual(decode(kind.codec, again, kind.name), value))
        throw new Error(`${kind.name} is not read again as it was`);
      const isSame = Buffer.compare(again, bytes) === 0;
      if (!isSame && !MAY_LACK_EXTENSIONS.includes(kind.name)) throw new Error(`${kind.name} is not written as it was read`);
      return 'accepted';
    },
  },
];
