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
 * "The ServerNameList MUST NOT contain more than one name of the same name_type." (RFC 6066 §3) Only host_name exists, and every
 * implementation reads other types as the same shape, so a list has exactly one entry in practice.
 */

import { fromLatin1, utf8 } from '../../../core/bytes/bytes.ts';
import { type Codec, empty, mapped, opaqueVector, struct, uint8, vector } from '../../../core/wire/codec.ts';

const HOST_NAME = 0;

/** No name of the DNS is longer (RFC 1035 §2.3.4), and a ticket has to carry it. */
const MAX_HOST_NAME = 255;

const serverName = struct({ nameType: uint8, name: opaqueVector(1, 0xffff) });

const serverNameList = vector(serverName, 1, 0xffff);

/** The host name: ASCII, without trailing dot, at most 255 bytes, not checked further. */
export const serverNameOffer: Codec<string> = {
  ...mapped(
    serverNameList,
    (list, reader) => {
      const hosts = list.filter((entry) => entry.nameType === HOST_NAME);
      if (hosts.length !== 1 || list.length !== 1) reader.fail('exactly one host_name expected');
      const host = fromLatin1((hosts[0] as { name: Uint8Array }).name);
      // "The hostname is represented as a byte string using ASCII encoding without a trailing dot." (RFC 6066 §3)
      if (!/^[\x21-\x7e]+$/.test(host) || host.endsWith('.')) reader.fail('not an ASCII host name without a trailing dot');
      if (host.length > MAX_HOST_NAME) reader.fail(`a host name of ${host.length} bytes, at most ${MAX_HOST_NAME} are taken`);
      return host;
    },
    (host) => [{ nameType: HOST_NAME, name: utf8(host) }],
  ),
  invent: (choose) => `host-${choose(1000)}.example`,
};

/** "The "extension_data" field of this extension SHALL be empty." (RFC 6066 §3) */
export const serverNameAck: Codec<true> = empty;
