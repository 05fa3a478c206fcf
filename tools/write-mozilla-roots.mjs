/**
 * Writes packages/foxtls/src/pki/x509/mozilla-roots-data.ts: the roots of Mozilla's list that are trusted for servers, as the Node that
 * runs this ships them. Run it with a newer Node to get a newer list, and say in CHANGELOG.md what came and went.
 *
 *     node tools/write-mozilla-roots.mjs            writes, and prints what changed and the size
 *     node tools/write-mozilla-roots.mjs --check    only says whether this Node has another list; exit code 1 then
 */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const target = fileURLToPath(new URL('../packages/foxtls/src/pki/x509/mozilla-roots-data.ts', import.meta.url));

const roots = [...new Set(rootCertificates)]
  .map((pem) => ({ pem, certificate: new X509Certificate(pem) }))
  .map(({ pem, certificate }) => ({
    base64: pem.replace(/-----[^-]+-----|\s/g, ''),
    name: lastOf(certificate.subject, 'CN') ?? lastOf(certificate.subject, 'OU') ?? lastOf(certificate.subject, 'O') ?? '',
    until: new Date(certificate.validTo).toISOString().slice(0, 10),
  }))
  .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.base64 < b.base64 ? -1 : 1));

const before = existsSync(target) ? readNames(readFileSync(target, 'utf8')) : [];
const after = roots.map(({ name }) => name);
for (const name of after.filter((name) => !before.includes(name))) console.log(`+ ${name}`);
for (const name of before.filter((name) => !after.includes(name))) console.log(`- ${name}`);
if (process.argv.includes('--check')) {
  if (JSON.stringify(before) !== JSON.stringify(after)) process.exitCode = 1;
} else {
  const text = format();
  writeFileSync(target, text);
  console.log(`${roots.length} roots, ${text.length} bytes of source, ${gzipSync(text).length} compressed`);
}

function format() {
  return `/**
 * The roots of Mozilla's list that are trusted for servers, in base64, each with its name and its last day.
 *
 * Written by tools/write-mozilla-roots.mjs from the list of Node ${process.versions.node} (NSS ${nssVersion()}). The list is Mozilla's, and
 * this file is subject to the terms of the Mozilla Public License, v. 2.0: https://mozilla.org/MPL/2.0/. The rest of foxtls is not.
 */

export const MOZILLA_ROOTS: readonly string[] = [
${roots.map(({ base64, name, until }) => `  // ${name} (${until})\n  '${base64}',`).join('\n')}
];
`;
}

/** @param {string} text */
function readNames(text) {
  return [...text.matchAll(/^ {2}\/\/ (.*) \(\d{4}-\d\d-\d\d\)$/gm)].map((match) => match[1] ?? '');
}

/**
 * @param {string} subject as node:crypto shows it, an attribute a line
 * @param {string} type
 */
function lastOf(subject, type) {
  return [...subject.matchAll(/^(\w+)=(.*)$/gm)].filter((match) => match[1] === type).at(-1)?.[2];
}

/** Newer versions of Node say which release of NSS their list is of. */
function nssVersion() {
  return /** @type {Record<string, string | undefined>} */ (process.versions)['nss'] ?? 'release unknown';
}
