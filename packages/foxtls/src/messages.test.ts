import { expect, it } from 'vitest';
import { fromHex } from './core/bytes/bytes.ts';
import { ClientHello, cipherSuiteName, decode, encode, extensionsOf } from './messages.ts';

it('a listener is told of the fields of extensions, too, by their place in the message', () => {
  const hello = {
    legacyVersion: 0x0303,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(0),
    cipherSuites: [0x1301],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensionsOf('client_hello', {
      server_name: 'a.example',
      supported_versions: [0x0304],
      key_share: [{ group: 0x1d, keyExchange: Uint8Array.of(7, 8, 9) }],
      encrypt_then_mac: true,
    }),
  };
  const bytes = encode(ClientHello.codec, hello);
  const seen = new Map<string, string>();
  decode(ClientHello.codec, bytes, 'client_hello', (path, start, end) => {
    seen.set(path, Buffer.from(bytes.subarray(start, end)).toString('hex'));
  });
  const at = (path: string) => seen.get(`client_hello.${path}`);
  expect(at('cipherSuites[0]')).toBe('1301');
  expect(at('extensions.server_name[0].name')).toBe(`0009${Buffer.from('a.example').toString('hex')}`);
  expect(at('extensions.key_share[0].group')).toBe('001d');
  expect(at('extensions.key_share[0].keyExchange')).toBe('0003070809');
  expect(at('extensions.key_share')).toBe('0007001d0003070809');
  expect(at('extensions.encrypt_then_mac')).toBe('');
  expect(cipherSuiteName(0x1301)).toBe('TLS_AES_128_GCM_SHA256');
});

it('an extension that is wrong is named by its path, and what was read before it was told', () => {
  const bytes = fromHex(`0303 ${'00'.repeat(32)} 00 0002 1301 0100 000d 000a 0004 0002 001d 000b 0001 05`.replaceAll(' ', ''));
  const seen: string[] = [];
  const read = () => decode(ClientHello.codec, bytes, 'client_hello', (path) => void seen.push(path));
  expect(read).toThrow(/^client_hello\.extensions\.ec_point_formats: /);
  expect(seen).toContain('client_hello.extensions.supported_groups[0]');
});
