import { nodeProvider } from 'foxtls/crypto/node';
import { describe, expect, it } from 'vitest';
import { filesWithoutCodec, WITHOUT_CODEC } from './codecs.mjs';
import { EDIT_NAMES, edited } from './edit-program.mjs';
import { fuzzTarget } from './fuzz-target.mjs';
import { handshakeTarget } from './handshake-target.mjs';
import { inner } from './inner.mjs';
import { createNullProvider } from './null-provider.mjs';
import { recordings } from './scenarios.mjs';

const ENDS = ['TLSv1.3', 'TLSv1.2'].flatMap((version) => ['client', 'server'].map((role) => ({ version, role })));
const run = { seed: 1, executions: 3000 };

it('every file of messages and extensions has a codec that the messages target reads, or a reason', () => {
  expect(filesWithoutCodec).toEqual(Object.keys(WITHOUT_CODEC));
});

describe.each(ENDS)('the handshakes target of a $role of $version', ({ version, role }) => {
  it('finds out a Finished that says nothing of the transcript', () => {
    const constant = (size) => () => new Uint8Array(size).fill(1);
    const hashes = nodeProvider.hashes.map((hash) => ({ ...hash, digest: constant(hash.size), hmac: constant(hash.size) }));
    expect(() => fuzzTarget(handshakeTarget(role, version, { hashes }), run)).toThrow('a changed handshake is over');
  });

  it('finds out what is thrown where only errors that blame the peer may be', () => {
    const groups = createNullProvider(1).groups.map((group) => {
      const stumble = (share) => {
        if (share.some((byte) => byte !== 4)) throw new TypeError('cannot read properties of undefined');
      };
      const respond = (share) => {
        stumble(share);
        return group.respond(share);
      };
      const start = () => {
        const exchange = group.start();
        const finish = (share) => {
          stumble(share);
          return exchange.finish(share);
        };
        return { ...exchange, finish };
      };
      return { ...group, respond, start };
    });
    expect(() => fuzzTarget(handshakeTarget(role, version, { groups }), { ...run, executions: 20_000 })).toThrow('InternalError');
  });
});

it('an edit of a field keeps the lengths around it right', () => {
  const [recording] = recordings('TLSv1.3');
  const writeField = EDIT_NAMES.indexOf('writeField');
  const reads = Array.from({ length: 80 }, (_, field) => {
    const [hello] = edited(Uint8Array.of(0, writeField, 0, field, 4, 0, 29, 0, 23), recording?.server.items, []);
    return readsAsBefore(hello.content);
  });
  expect(reads).toContain(true);
  expect(reads).toContain(false);
});

/** Whether a ClientHello with a changed field is one. Its header is right in any case. */
function readsAsBefore(content) {
  expect(content[1] * 0x10000 + content[2] * 0x100 + content[3]).toBe(content.length - 4);
  try {
    inner.decode(inner.messages.ClientHello.codec, content.subarray(4), 'client_hello');
    return true;
  } catch {
    return false;
  }
}
