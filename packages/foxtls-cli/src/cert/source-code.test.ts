import { expect, it } from 'vitest';
import { formatSource } from './source-code.ts';

const text = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';
const embedded = [{ data: Uint8Array.of(0x30, 0), text }];

it('a certificate becomes a string array of C', () => {
  expect(formatSource('c', 'root', embedded)).toBe(
    'static const char root[] =\n    "-----BEGIN CERTIFICATE-----\\n"\n    "MAA=\\n"\n    "-----END CERTIFICATE-----\\n";\n',
  );
});

it('a certificate becomes a string array of TypeScript that is the PEM when it is joined', async () => {
  const source = formatSource('ts', 'root', [...embedded, ...embedded]);
  expect(source.split('\n')[0]).toBe('export const root = [');
  const { root } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as { root: string };
  expect(root).toBe(text + text);
});

it('certificates become arrays of bytes, numbered if there are several', async () => {
  expect(formatSource('c-bytes', 'root', embedded)).toBe('static const unsigned char root[2] = {\n    0x30, 0x00,\n};\n');
  const data = Uint8Array.from({ length: 30 }, (_, i) => i);
  const source = formatSource('ts-bytes', 'root', [{ data, text: '' }, ...embedded]);
  const made = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as Record<string, Uint8Array>;
  expect({ ...made }).toEqual({ root_1: data, root_2: Uint8Array.of(0x30, 0) });
});
