/**
 * The cases of x509-limbo whose expected result foxtls does not have, or has for another reason than the case is about; with the reason.
 */

/** Cases that are decided otherwise. */
export const LIMBO_EXCEPTIONS: Readonly<Record<string, string>> = {};

/** Cases that are refused as expected, but by another rule than theirs. */
export const LIMBO_BY_ANOTHER_RULE: Readonly<Record<string, string>> = {
  'webpki::san::public-suffix-multi-label-wildcard-san':
    'foxtls has no Public Suffix List: the CA/B baseline (§3.2.2.6) asks it of authorities, and a list of its own would be stale. The ' +
    'common name is what is refused.',
  'webpki::san::public-suffix-private-namespace-wildcard-san': 'the same, for the private part of that list',
};
