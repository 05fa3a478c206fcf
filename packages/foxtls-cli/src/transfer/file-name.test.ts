import { describe, expect, it } from 'vitest';
import { judgeFileName, withoutTerminator } from './file-name.ts';

const judge = (name: string, platform = 'linux') => judgeFileName(new TextEncoder().encode(name), platform);

describe('judgeFileName', () => {
  it.each([
    'a',
    'photo.jpg',
    'archive.tar.gz',
    'ünïcödé 文件 🦊.txt',
    'console.log',
    'a..b',
    'com10',
    '12:30.log',
    'x'.repeat(255),
  ])('takes %s', (name) => {
    expect(judge(name)).toEqual({ name });
  });

  it.each([
    ['', 'empty'],
    ['..', 'dot'],
    ['.', 'dot'],
    ['.bashrc', 'dot'],
    ['../../etc/passwd', 'path'],
    ['/etc/passwd', 'path'],
    ['a/b', 'path'],
    ['..\\..\\boot.ini', 'path'],
    ['C:boot.ini', 'drive'],
    ['c:', 'drive'],
    ['a\0.txt', 'NUL'],
    ['-rf', 'dash'],
    ['--help', 'dash'],
    ['a\nb', 'shown'],
    ['\u001b[31mred', 'shown'],
    ['a\u009bb', 'shown'],
    ['gpj.\u202eexe', 'shown'],
    ['a\u2028b', 'shown'],
    ['\ufeffa', 'shown'],
    ['a\ufffdb', 'shown'],
    [' a', 'space'],
    ['a ', 'space'],
    ['a.', 'dot'],
    ['CON', 'device'],
    ['nul.txt', 'device'],
    ['NUL .txt', 'device'],
    ['com1', 'device'],
    ['LPT9.log', 'device'],
    ['COM¹', 'device'],
    ['x'.repeat(256), '256 bytes'],
    ['ü'.repeat(128), '256 bytes'],
  ])('refuses %j', (name, why) => {
    expect(judge(name)).toEqual({ refusal: expect.stringContaining(why) });
  });

  it('refuses what is not UTF-8', () => {
    expect(judgeFileName(Uint8Array.of(0x61, 0xff), 'linux')).toEqual({ refusal: 'the name is not UTF-8' });
    // An overlong slash.
    expect(judgeFileName(Uint8Array.of(0x2e, 0x2e, 0xc0, 0xaf, 0x61), 'linux')).toEqual({ refusal: 'the name is not UTF-8' });
  });

  it.each(['ab:c', 'a?', 'a*', 'a|b', 'a<b>', 'a"b'])('refuses %j on Windows alone', (name) => {
    expect(judge(name)).toEqual({ name });
    expect(judge(name, 'win32')).toEqual({ refusal: expect.stringContaining('Windows') });
  });
});

describe('withoutTerminator', () => {
  it.each([
    ['file.txt', 'file.txt'],
    ['file.txt\0', 'file.txt'],
    ['file.txt\0\0\0', 'file.txt'],
    ['file.txt\n', 'file.txt'],
    ['file.txt\r\n', 'file.txt'],
    ['file\0.txt\0', 'file\0.txt'],
    ['file.txt\n\n', 'file.txt\n'],
    ['\0', ''],
    ['', ''],
  ])('%j is %j', (sent, name) => {
    expect(Buffer.from(withoutTerminator(new TextEncoder().encode(sent))).toString()).toBe(name);
  });
});
