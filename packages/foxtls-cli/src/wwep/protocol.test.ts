import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ENTRIES, WwepDatabase } from './database.ts';
import { answerRequest, formatWrite, isMalformedReply } from './protocol.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const ask = (text: string, database = new WwepDatabase()) => answerRequest(bytes(text), database);

describe('a WWEP server', () => {
  it('answers the examples of the protocol', () => {
    const database = new WwepDatabase();
    const answers = ['W0FAC0B1234', 'R0FAC0B', 'W01234', 'R0BAC0B'].map((request) => ask(request, database));
    expect(answers).toEqual(['A0FAC0B1234', 'A0FAC0B1234', 'X illegal command', 'X Not Found']);
  });

  it.each([
    ['', 'X illegal message length'],
    ['W0FAC0B1234\n\n', 'X illegal message length'],
    ['W0FAC0B12345', 'X illegal message length'],
    ['R0FAC0B1', 'X illegal message length'],
    ['zzzzzzzz', 'X illegal message length'],
    ['zzzzzzzzzzzz', 'X illegal message length'],
    ['\n', 'X illegal command'],
    ['R0FAC0', 'X illegal command'],
    ['R0FAC0B\r\n', 'X illegal command'],
    ['W0FAC0B', 'X illegal command'],
    ['R0FAC0B1234', 'X illegal command'],
    ['r0FAC0B', 'X illegal command'],
    ['w0FAC0B1234', 'X illegal command'],
    ['A0FAC0B1234', 'X illegal command'],
    ['X0FAC0G', 'X illegal command'],
    ['W0FAC0B123', 'X illegal command'],
    ['R0FAC0G', 'X illegal character'],
    ['R-FAC0B', 'X illegal character'],
    ['R0x120B', 'X illegal character'],
    ['R 0FAC0', 'X illegal character'],
    ['W0FAC0B12 4', 'X illegal character'],
    ['W0FAC0B123\n', 'X illegal character'],
    ['R0FAC0\n', 'X illegal character'],
    ['R0FAC0\xb2', 'X illegal character'],
    ['R0FAC0B', 'X Not Found'],
    ['R0FAC0B\n', 'X Not Found'],
    ['W0fac0b12cd', 'A0FAC0B12CD'],
    ['W0FAC0B1234\n', 'A0FAC0B1234'],
  ])('answers %j by %j', (request, answer) => {
    expect(ask(request)).toBe(answer);
  });

  it('keeps 401 registers: it refuses a new one, and lets the old ones be read and written', () => {
    const database = new WwepDatabase();
    for (let i = 0; i < MAX_ENTRIES; i++) expect(ask(formatWrite({ device: i, register: i % 256 }, i), database)).toMatch(/^A/);
    expect(ask('WFFFFFF0001', database)).toBe('X Database Full 401');
    expect(ask('RFFFFFF', database)).toBe('X Not Found');
    expect(ask('W0005055555', database)).toBe('A0005055555');
    expect(ask('R000505', database)).toBe('A0005055555');
    expect(ask('R019090', database)).toBe('A0190900190');
    expect(database.size).toBe(401);
  });

  it('tells registers of one device apart, and devices', () => {
    const database = new WwepDatabase();
    for (const request of ['W0001000001', 'W0001FF0002', 'W0101000003', 'WFFFFFF0004']) ask(request, database);
    const answers = ['R000100', 'R0001FF', 'R010100', 'RFFFFFF', 'R000101'].map((request) => ask(request, database));
    expect(answers).toEqual(['A0001000001', 'A0001FF0002', 'A0101000003', 'AFFFFFF0004', 'X Not Found']);
  });

  it('answers any bytes by one of its lines', () => {
    const line = /^(A[0-9A-F]{10}|X (illegal (message length|command|character)|Not Found|Database Full 401))$/;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 13 }), (request) => {
        expect(answerRequest(request, new WwepDatabase())).toMatch(line);
      }),
    );
  });

  it('gives back what any write wrote', () => {
    const word = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(word, fc.integer({ min: 0, max: 0xff }), word, (device, register, value) => {
        const database = new WwepDatabase();
        const request = formatWrite({ device, register }, value);
        expect(request).toMatch(/^W[0-9A-F]{10}$/);
        expect(ask(request, database)).toBe(`A${request.slice(1)}`);
        expect(ask(`R${request.slice(1, 7)}`, database)).toBe(`A${request.slice(1)}`);
      }),
    );
  });
});

it('a reply is malformed when it has less than 11 characters', () => {
  expect(['', 'A0FAC0B123', 'A0FAC0B1234', 'X Not Found', 'X illegal command'].map(isMalformedReply)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
