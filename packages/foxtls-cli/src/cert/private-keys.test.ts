import { describe, expect, it } from 'vitest';
import { fakeTerminal } from '../command/terminal.fixture.ts';
import { generateKey } from './private-keys.ts';

describe('generateKey', () => {
  it('tells a terminal that an RSA key takes its time', async () => {
    const drawn: string[] = [];
    const terminal = { ...fakeTerminal(), statusLine: { columns: 80, draw: (text: string) => void drawn.push(text) } };
    const key = await generateKey({ kind: 'rsa', bits: 1024 }, terminal);
    expect(key.type).toMatchObject({ kind: 'rsa', bits: 1024 });
    expect(drawn[0]).toMatch(/^an RSA key of 1024 bits \| {2}\d s$/);
    expect(drawn.at(-1)).toBe('');
    await generateKey({ kind: 'ec', curve: 'secp256r1' }, terminal);
    expect(drawn.at(-1)).toBe('');
  });
});
