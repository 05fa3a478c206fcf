import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { InternalError } from '../../core/errors/errors.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { Transcript, transcriptAfterRetry, unfragmented } from './transcript.ts';

describe.each(providers)('a transcript over the $name provider', (provider) => {
  const hash = hashNamed(provider, 'sha256');
  const [first, second, third] = [utf8('first'), utf8('second'), utf8('third')] as const;

  it('hashes what came before its hash was known, and what came after', () => {
    const transcript = new Transcript();
    transcript.add(first);
    transcript.start(hash);
    transcript.add(second);
    expect(toHex(transcript.hash())).toBe(toHex(hash.digest(concat(first, second))));
    transcript.add(third);
    expect(toHex(transcript.hash())).toBe(toHex(hash.digest(concat(first, second, third))));
  });

  it('can be read with more, before and after its hash is known, without adding that', () => {
    const transcript = new Transcript();
    transcript.add(first);
    expect(toHex(transcript.hashWith(hash, second))).toBe(toHex(hash.digest(concat(first, second))));
    transcript.start(hash);
    expect(toHex(transcript.hashWith(hash, third))).toBe(toHex(hash.digest(concat(first, third))));
    expect(toHex(transcript.hash())).toBe(toHex(hash.digest(first)));
  });

  it('has no hash before it is known', () => {
    expect(() => new Transcript().hash()).toThrow(InternalError);
  });

  it('holds a message_hash in place of the first ClientHello after a HelloRetryRequest', () => {
    const transcript = transcriptAfterRetry(hash, hash.digest(first));
    transcript.add(second);
    const messageHash = concat(Uint8Array.of(254, 0, 0, 32), hash.digest(first));
    expect(toHex(transcript.hash())).toBe(toHex(hash.digest(concat(messageHash, second))));
  });

  it('of DTLS 1.2 holds messages with the header of one whole fragment, in what is hashed and in what is kept', () => {
    const transcript = new Transcript(unfragmented);
    transcript.keepMessages();
    transcript.add(fromHex('0b000002aabb'), 0x0102);
    transcript.start(hash);
    transcript.add(fromHex('0e000000'), 0x0103);
    const expected = fromHex('0b000002 0102 000000 000002 aabb 0e000000 0103 000000 000000');
    expect(toHex(transcript.messages())).toBe(toHex(expected));
    expect(toHex(transcript.hash())).toBe(toHex(hash.digest(expected)));
  });
});
