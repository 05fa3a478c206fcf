/** How sources are called in documents that list them. */

/** @param {string} file relative to the root */
export function shortName(file) {
  return file.replace(/^packages\/foxtls\//, '').replace(/^src\//, '');
}

/** @param {string} file relative to the root */
export function isTest(file) {
  return file.endsWith('.test.ts') || file.includes('/test/');
}
