import { describe, expect, it } from 'vitest';
import { readOrder, takesTls } from './orders.ts';

describe('a line of a chat', () => {
  it.each([
    ['list', { kind: 'list' }],
    ['quit ', { kind: 'quit' }],
    ['listen to this', { kind: 'public', text: 'listen to this' }],
    ['quite so', { kind: 'public', text: 'quite so' }],
    ['hello #1', { kind: 'public', text: 'hello #1' }],
    ['#1 for you', { kind: 'private', to: 1, text: 'for you' }],
    ['#1for you', { kind: 'private', to: 1, text: 'for you' }],
    ['#123 for you', { kind: 'private', to: 123, text: 'for you' }],
    ['#12 3 apples', { kind: 'private', to: 12, text: '3 apples' }],
    ['#0  two spaces', { kind: 'private', to: 0, text: ' two spaces' }],
  ])('%j', (line, order) => {
    expect(readOrder(line)).toEqual(order);
  });

  it('says what a private line lacks', () => {
    expect(readOrder('#you')).toEqual({
      kind: 'unclear',
      why: 'a private line is #, an id and a text: list shows the ids',
    });
    expect(readOrder('#7 ')).toEqual({ kind: 'unclear', why: 'what should client 7 be told?' });
    expect(readOrder('#9999999999 far')).toMatchObject({ kind: 'unclear' });
  });

  it('has ids of one digit by the rules of the tutorial, and keeps the space', () => {
    expect(readOrder('#1 for you', true)).toEqual({ kind: 'private', to: 1, text: ' for you' });
    expect(readOrder('#12 apples', true)).toEqual({ kind: 'private', to: 1, text: '2 apples' });
  });

  it('goes over TLS where the tutorial sends it there', () => {
    expect(['list', 'listen', '#0 x', 'hello', 'quit'].map(takesTls)).toEqual([true, true, true, false, false]);
  });
});
