import { describe, expect, it } from 'vitest';
import {
  acceptedMaxFragmentLength,
  answeredMaxFragmentLength,
  maxFragmentLengthCode,
  maxFragmentLengthOf,
} from './max-fragment-length.ts';

const invalid = expect.objectContaining({ reason: 'max_fragment_length_invalid', alert: 'illegal_parameter' });

describe('max_fragment_length', () => {
  it('has the codes of RFC 6066', () => {
    expect(([512, 1024, 2048, 4096] as const).map((length) => [maxFragmentLengthCode(length), length])).toEqual([
      [1, 2 ** 9],
      [2, 2 ** 10],
      [3, 2 ** 11],
      [4, 2 ** 12],
    ]);
    expect([0, 1, 4, 5, 255].map(maxFragmentLengthOf)).toEqual([undefined, 512, 4096, undefined, undefined]);
  });
});

describe('a server', () => {
  it('accepts what is asked for', () => {
    expect(acceptedMaxFragmentLength({ max_fragment_length: 2 })).toBe(1024);
    expect(acceptedMaxFragmentLength({})).toBeUndefined();
  });

  it('looks away from it beside record_size_limit, even when it is wrong', () => {
    for (const code of [1, 0]) {
      expect(acceptedMaxFragmentLength({ max_fragment_length: code, record_size_limit: 2000 })).toBeUndefined();
    }
  });

  it.each([0, 5, 255])('refuses the code %i', (code) => {
    expect(() => acceptedMaxFragmentLength({ max_fragment_length: code })).toThrow(invalid);
  });
});

describe('a client', () => {
  it('takes the answer that it asked for, or none', () => {
    expect(answeredMaxFragmentLength(512, { max_fragment_length: 1 })).toBe(512);
    expect(answeredMaxFragmentLength(512, {})).toBeUndefined();
    expect(answeredMaxFragmentLength(512, { record_size_limit: 2000 })).toBeUndefined();
  });

  it.each([
    ['another length', 512, { max_fragment_length: 2 }],
    ['no length', 512, { max_fragment_length: 9 }],
    ['an answer to nothing', undefined, { max_fragment_length: 1 }],
    ['record_size_limit as well', 512, { max_fragment_length: 1, record_size_limit: 2000 }],
  ] as const)('refuses %s', (_what, asked, values) => {
    expect(() => answeredMaxFragmentLength(asked, values)).toThrow(invalid);
  });
});
