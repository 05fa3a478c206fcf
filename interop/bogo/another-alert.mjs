/**
 * Tests in which foxtls ends the handshake as BoringSSL does, and by another alert: the runner has one alert for each of its tests, and calls any
 * other a failure. `AnotherAlert` of config.json says, by reason, which tests these are, what the runner has to see instead, and the error that
 * foxtls has to have; both are held to exactly.
 */

/** @typedef {{ tests: readonly string[], local: string, error: string }} Listed */

/** @param {Readonly<Record<string, Listed>>} another @param {string} name @returns {Listed | undefined} */
export function listedFor(another, name) {
  return Object.values(another).find(({ tests }) => tests.some((glob) => toRegExp(glob).test(name)));
}

/**
 * Whether what the runner says of a test is that there was a refusal, another than it expected, and this one.
 *
 * @param {Listed} listed @param {string} said
 */
export function isAsListed({ local, error }, said) {
  const got = /^unexpected error\ngot:\n\tstderr:\n([\s\S]*)\n\tlocal: (".*")\n\tchild: "exit status 1"\n/.exec(said);
  return got !== null && JSON.parse(/** @type {string} */ (got[2])) === local && /** @type {string} */ (got[1]).includes(error);
}

/** As Go's filepath.Match, of which only `*` is used here. @param {string} glob */
export function toRegExp(glob) {
  return new RegExp(
    `^${glob
      .split('*')
      .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}
