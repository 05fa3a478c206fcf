/**
 * Messages of TLS itself as they pass, for people who look at a connection: handshake, alerts, change_cipher_spec, in the order in which they are
 * sent and read. What is sent again over datagrams passes once.
 */

import { CONTENT_TYPES } from '../core/registry/content-types.ts';
import type { ProtocolVersionName } from '../core/registry/protocol-versions.ts';
import type { MessageTap } from '../protocol/handshake/transport.ts';
import { versionTitle } from '../protocol/handshake/variant.ts';
import type { TlsTransport } from '../transport/tls/tls-transport.ts';

export interface TracedMessage {
  readonly direction: 'sent' | 'received';
  readonly contentType: 'handshake' | 'alert' | 'change_cipher_spec';
  /** As it was agreed on; undefined as long as it is not: of the hellos of a client, and of the ServerHello there. */
  readonly version: ProtocolVersionName | undefined;
  /**
   * Decrypted. A handshake message is whole, with its header of four bytes, whose first is its type (IANA "TLS HandshakeType"); an alert is level and
   * description, as received. No secrets of ours are in it.
   */
  readonly bytes: Uint8Array;
}

const NAMES = {
  [CONTENT_TYPES.handshake]: 'handshake',
  [CONTENT_TYPES.alert]: 'alert',
  [CONTENT_TYPES.change_cipher_spec]: 'change_cipher_spec',
} as const;

/** Tells of what passes a transport. */
export function tapOf(transport: Pick<TlsTransport, 'version' | 'variant'>, tell: (message: TracedMessage) => void): MessageTap {
  return (direction, type, content) => {
    const { version, variant } = transport;
    tell({
      direction,
      contentType: NAMES[type],
      version: version && versionTitle(variant, version),
      // Records may be read into the same memory again.
      bytes: content.slice(),
    });
  };
}
