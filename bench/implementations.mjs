// The implementations that are compared, by name: each gives the node:tls shape.

export const IMPLEMENTATIONS = ['node:tls', 'foxtls', 'lemon-tls'];

/** Loads one of them. Everything else in a benchmark process is the same code. */
export async function load(name) {
  if (name === 'foxtls') return (await import('foxtls/tls')).default;
  if (name === 'lemon-tls') return (await import('lemon-tls')).default;
  return (await import('node:tls')).default;
}
