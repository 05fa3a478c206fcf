import { describe, expect, it } from 'vitest';
import { equal } from '../../../core/bytes/bytes.ts';
import { runSync } from '../../../core/flow/flow.ts';
import { encode } from '../../../core/wire/codec.ts';
import { Reader } from '../../../core/wire/reader.ts';
import { FFDHE2048 } from '../../../crypto/finite-field.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { clientDhPublic, type ServerDhParams, serverDhParams } from '../../messages/tls12/diffie-hellman.ts';
import { dhe } from './dhe.ts';
import type { ClientParts, ServerParts } from './key-exchange.ts';

const serverParts: ServerParts = {
  provider,
  groups: [],
  clientVersion: 0x0303,
  clientGroups: undefined,
  decrypter: undefined,
  diffieHellmanParameters: undefined,
  preSharedKeys: undefined,
};
const clientParts: ClientParts = {
  provider,
  groups: [],
  clientVersion: 0x0303,
  serverKey: undefined,
  minDiffieHellmanBits: 2048,
  choosePreSharedKey: () => {
    throw new Error('DHE asks for no pre-shared key');
  },
};

// Nothing here waits for messages.
const sync = <T>(flow: Generator<unknown, T, unknown>) => runSync(flow as Generator<PromiseLike<unknown>, T, unknown>);
const begin = () => sync(dhe.start(serverParts));
const read = (params: Uint8Array | undefined) => dhe.readParams(new Reader(params as Uint8Array, 'params')) as ServerDhParams;
const answer = (params: ServerDhParams) => sync(dhe.answer(clientParts, params));

describe('DHE', () => {
  it('makes a new key for each handshake, so that what is learned of one secret helps with no other (Raccoon)', () => {
    const [one, other] = [read(begin().params), read(begin().params)];
    expect(equal(one.dhP, other.dhP)).toBe(true);
    expect(equal(one.dhYs, other.dhYs)).toBe(false);
    const [first, second] = [answer(one), answer(one)];
    expect(equal(first.body, second.body)).toBe(false);
  });

  it('agrees with the other side when the secret begins with zeros, which are stripped', () => {
    const lengths = new Set<number>();
    for (let i = 0; i < 4000 && lengths.size < 2; i++) {
      const exchange = begin();
      const { body, premasterSecret } = answer(read(exchange.params));
      const theirs = sync(exchange.finish(body)).premasterSecret;
      expect(equal(premasterSecret, theirs)).toBe(true);
      expect(premasterSecret[0]).not.toBe(0);
      lengths.add(premasterSecret.length);
    }
    expect([...lengths].sort()).toEqual([255, 256]);
  });

  // RFC 7919 §3: "If dh_Ys is not in this range, the client MUST terminate the connection with a fatal handshake_failure(40) alert."
  // RFC 7919 §4: "If dh_Yc is out of range, the server MUST terminate the connection with a fatal handshake_failure(40) alert."
  it.each([
    ['0', Uint8Array.of(0)],
    ['1', Uint8Array.of(1)],
    ['p-1', FFDHE2048.prime.with(-1, 0xfe)],
    ['p', FFDHE2048.prime],
  ])('refuses a share of %s, of either side', (_, share) => {
    const params = read(begin().params);
    const wrong = { reason: 'dh_share_invalid', alert: 'handshake_failure' };
    expect(() => answer({ ...params, dhYs: share })).toThrow(expect.objectContaining(wrong));
    const body = encode(clientDhPublic, { dhYc: share });
    expect(() => sync(begin().finish(body))).toThrow(expect.objectContaining(wrong));
  });

  it('refuses parameters that are none', () => {
    const params = read(begin().params);
    const refused = (changed: Partial<ServerDhParams>) => {
      const bytes = encode(serverDhParams, { ...params, ...changed });
      return () => answer(read(bytes));
    };
    const invalid = expect.objectContaining({ reason: 'dh_parameters_invalid', alert: 'illegal_parameter' });
    expect(refused({ dhG: Uint8Array.of(1) })).toThrow(invalid);
    expect(refused({ dhP: FFDHE2048.prime.with(-1, 0xfe) })).toThrow(invalid);
    expect(refused({ dhP: new Uint8Array(1025).fill(0xff) })).toThrow(invalid);
    const short = expect.objectContaining({ reason: 'dh_prime_too_short', alert: 'insufficient_security' });
    expect(refused({ dhP: FFDHE2048.prime.subarray(0, 128) })).toThrow(short);
  });
});
