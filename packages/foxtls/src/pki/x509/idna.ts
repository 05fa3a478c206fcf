/**
 * Internationalised DNS names (RFC 5890): names as people write them to the A-labels that certificates carry (RFC 8399 §2.2).
 *
 * The mapping (UTS #46, as browsers do it) is that of the runtime's `URL`: its tables would be larger than all of foxtls. A runtime
 * without `URL`, or one that was built without these tables, gets names in ASCII only, and refuses others.
 */

interface UrlClass {
  new (text: string): { readonly hostname: string };
}

/**
 * The name in ASCII, in lower case; undefined for one that cannot be converted. `bücher.example` is `xn--bcher-kva.example`. A name
 * in ASCII comes back as it is.
 */
export function domainToAscii(name: string): string | undefined {
  if (isAscii(name)) return name.toLowerCase();
  // In the ASCII part of the name, only what a DNS name has: nothing that a URL would take for its own syntax.
  if (!/^[A-Za-z0-9._*\-\u0080-\u{10ffff}]+$/u.test(name)) return undefined;
  const { URL } = globalThis as { readonly URL?: UrlClass };
  if (URL === undefined) return undefined;
  try {
    const { hostname } = new URL(`http://${name}/`);
    return isAscii(hostname) && hostname !== '' ? hostname : undefined;
  } catch {
    return undefined;
  }
}

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins at NUL.
  return /^[\x00-\x7f]*$/.test(text);
}
