// Every codec of handshake messages and extensions: what can be read is written as it was, and is read again as the same. The first byte of
// an input says which codec.
import { isDeepStrictEqual } from 'node:util';
import { codecs } from '../codecs.mjs';
import { inner } from '../inner.mjs';
import { seeded } from '../mutate.mjs';

const { encode, decode } = inner;

/** What has more than one form on the wire: of these only the values are the same. */
const MORE_THAN_ONE_FORM = {
  clientHello: 'without extensions there may be no block of them',
  datagramClientHello: 'the same',
  'ServerHello (server_hello)': 'the same',
  heartbeat: 'padding is not kept',
  serverNameOffer: 'names of other types than host_name are not kept',
};

function inventSome({ codec }, index) {
  const choose = seeded(index + 1);
  return Array.from({ length: 3 }, () => Uint8Array.of(index, ...encode(codec, codec.invent(choose))));
}

export const targets = [
  {
    name: 'messages',
    corpus: () => codecs.flatMap(inventSome),
    run([index, ...body]) {
      if (index === undefined || index >= codecs.length) return 'refused';
      const { name, codec } = codecs[index];
      const bytes = Uint8Array.from(body);
      const value = decode(codec, bytes, name);
      // Of an extension nothing was to be used, as of a server_name without a host_name: nobody writes that.
      if (value === undefined) return 'accepted';
      const again = encode(codec, value);
      if (!isDeepStrictEqual(decode(codec, again, name), value)) throw new Error(`${name} is not read again as it was`);
      const isSame = Buffer.compare(again, bytes) === 0;
      if (!isSame && !Object.hasOwn(MORE_THAN_ONE_FORM, name)) throw new Error(`${name} is not written as it was read`);
      return 'accepted';
    },
  },
];
