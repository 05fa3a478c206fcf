/** The helpers that decide between skip and failure. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import { findPeer, type PeerName, peerOrSkip } from './peers.ts';
import { findVectors, vectorsOrSkip } from './vectors.ts';

const skipping = {
  skip(note?: string): never {
    throw new Error(`skipped: ${note}`);
  },
};

afterEach(() => vi.unstubAllEnvs());

describe('shared folders', () => {
  it('skip with the place that was looked at when a file is missing', () => {
    vi.stubEnv('FOXTLS_VECTORS', '');
    expect(findVectors('no-such-file.json')).toBeUndefined();
    expect(() => vectorsOrSkip(skipping, 'no-such-file.json')).toThrow(
      'skipped: no test vectors at ../shared/vectors/no-such-file.json (or in $FOXTLS_VECTORS_DIR)',
    );
  });

  it('fail when a file is missing and required', () => {
    vi.stubEnv('FOXTLS_VECTORS', 'required');
    expect(() => findVectors('no-such-file.json')).toThrow('FOXTLS_VECTORS=required');
  });

  it('are where the environment says', () => {
    vi.stubEnv('FOXTLS_VECTORS_DIR', import.meta.dirname);
    expect(findVectors('helpers.test.ts')).toBe(import.meta.filename);
  });
});

describe('peers', () => {
  it('skip with what to do when the program is missing', () => {
    vi.stubEnv('FOXTLS_PEERS', '');
    vi.stubEnv('PATH', '/nonexistent');
    expect(() => peerOrSkip(skipping, 'openssl')).toThrow('skipped: no openssl on the PATH: run interop/install-peers.sh');
  });

  it('fail when the program is missing and required', () => {
    vi.stubEnv('FOXTLS_PEERS', 'required');
    vi.stubEnv('PATH', '/nonexistent');
    expect(() => findPeer('openssl')).toThrow('FOXTLS_PEERS=required');
  });

  for (const name of ['openssl', 'gnutls-cli', 'gnutls-serv', 'curl', 'chromium'] satisfies PeerName[]) {
    it(`tell the version of ${name}`, (context) => {
      expect(peerOrSkip(context, name).version).toMatch(/^\d+\.\d+/);
    });
  }
});
