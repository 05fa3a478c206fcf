// The implementations that are compared, by name: each gives the node:tls shape.

export const IMPLEMENTATIONS = ['node:tls', 'foxtls', 'lemon-tls'];

/** Loads one of them. Everything else in a benchmark process is the same code. */
export async function load(name) {
  if (name === 'foxtls') return (await import('foxtls/tls')).default;
  if (name === 'lemon-tls') return (await import('lemon-tls')).default;
  return (await import('node:tls')).default;
}

/** What every implementation is asked to use, so that the same work is compared: TLS 1.3, AES-128-GCM, X25519. */
export const COMMON = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ecdhCurve: 'X25519' };
