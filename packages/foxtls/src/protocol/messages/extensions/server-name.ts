/**
 * server_name (RFC 6066 §3): the host that the client wants.
 *
 * ```
 * struct {
 *     NameType name_type;
 *     select (name_type) { case host_name: HostName; } name;
 * } ServerName;
 * enum { host_name(0), (255) } NameType;
 * opaque HostName<1..2^16-1>;
 * struct { ServerName server_name_list<1..2^16-1> } ServerNameList;
 * ```
 * Only host_name exists; "all future data structures associated with new NameTypes MUST begin with a 16-bit length field" (RFC 6066 §3), so
 * that names of other types can be read, and are ignored.
 */

import { fromLatin1, utf8 } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { type Codec, empty, mapped, opaqueVector, struct, uint8, vector } from '../../../core/wire/codec.ts';

const HOST_NAME = 0;

/** No name of the DNS is longer (RFC 1035 §2.3.4), and a ticket has to carry it. */
const MAX_HOST_NAME = 255;

const serverName = struct({ nameType: uint8, name: opaqueVector(1, 0xffff) });

const serverNameList = vector(serverName, 1, 0xffff);

/** The host name: ASCII, without trailing dot, at most 255 bytes, not checked further. Undefined where there are names of other types alone. */
export const serverNameOffer: Codec<string | undefined> = {
  ...mapped(
    serverNameList,
    (list) => {
      // "The ServerNameList MUST NOT contain more than one name of the same name_type." (RFC 6066 §3)
      const types = list.map(({ nameType }) => nameType);
      if (new Set(types).size < types.length) throw invalid('two names of one type');
      const host = list.find(({ nameType }) => nameType === HOST_NAME);
      return host && readHostName(host.name);
    },
    (host) => (host === undefined ? [] : [{ nameType: HOST_NAME, name: utf8(host) }]),
  ),
  invent: (choose) => `host-${choose(1000)}.example`,
};

/** It is a vector of bytes, whatever they are: a wrong one conforms "to the formal protocol syntax" (RFC 8446 §6.2). */
function readHostName(name: Uint8Array): string {
  const host = fromLatin1(name);
  // "The hostname is represented as a byte string using ASCII encoding without a trailing dot." (RFC 6066 §3)
  if (!/^[\x21-\x7e]+$/.test(host) || host.endsWith('.')) throw invalid('not an ASCII host name without a trailing dot');
  if (host.length > MAX_HOST_NAME) throw invalid(`a host name of ${host.length} bytes, at most ${MAX_HOST_NAME} are taken`);
  return host;
}

function invalid(problem: string): PeerMisbehaved {
  return new PeerMisbehaved('server_name_invalid', `server_name: ${problem}`);
}

/** "The "extension_data" field of this extension SHALL be empty." (RFC 6066 §3) */
export const serverNameAck: Codec<true> = empty;
