/**
 * application_layer_protocol_negotiation (RFC 7301 §3.1).
 *
 * ```
 * opaque ProtocolName<1..2^8-1>;
 * struct { ProtocolName protocol_name_list<2..2^16-1> } ProtocolNameList;
 * ```
 * Protocol names are bytes; they are kept as text of those byte values (ISO 8859-1), which loses nothing.
 */

import { fromLatin1 } from '../../../core/bytes/bytes.ts';
import { type Codec, mapped, opaqueVector, vector } from '../../../core/wire/codec.ts';

const protocolName: Codec<string> = mapped(opaqueVector(1, 0xff), fromLatin1, (name) =>
  Uint8Array.from(name, (character) => character.charCodeAt(0)),
);

export const protocolNameListOffer: Codec<readonly string[]> = vector(protocolName, 2, 0xffff);

/** "… except that the "ProtocolNameList" MUST contain exactly one "ProtocolName"." (RFC 7301 §3.1) */
export const protocolNameAck: Codec<string> = {
  ...mapped(
    protocolNameListOffer,
    (list, reader) => {
      if (list.length !== 1) reader.fail(`exactly one protocol name expected, ${list.length} found`);
      return list[0] as string;
    },
    (name) => [name],
  ),
  invent: protocolName.invent,
};
