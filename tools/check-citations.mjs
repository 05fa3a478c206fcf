/**
 * Checks every RFC citation in the packages' sources: that the section exists, and that what is quoted stands there, word for word.
 *
 * Checks that docs/alerts.md says which tests assert the rules about alerts. With `--write`, writes it, and lists the MUSTs of RFC 8446 in
 * docs/rfc-map.md: which have code that quotes them or cites their section, and
 * which have a test that does. The RFC texts are in ../shared/rfc, or in $FOXTLS_RFC_DIR; without them nothing is checked, aloud
 * (and with an error where FOXTLS_RFC=required).
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapAlerts } from './alert-map.mjs';
import { checkCitations, readCitations } from './citations.mjs';
import { formatRfcMap } from './rfc-map.mjs';
import { readRfcs } from './rfc-text.mjs';
import { isTest } from './source-names.mjs';

const MAPPED_RFC = 8446;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env['FOXTLS_RFC_DIR'] ?? resolve(root, '..', 'shared', 'rfc');
const rfcs = readRfcs(folder);

if (rfcs === undefined) {
  console.log(`check-citations: SKIPPED: no RFC texts at ${relative(root, folder)} (or in $FOXTLS_RFC_DIR)`);
  process.exitCode = process.env['FOXTLS_RFC'] === 'required' ? 1 : 0;
} else {
  const files = sourceFiles().map((file) => {
    const where = isTest(file) ? 'comments and strings' : 'comments';
    return { file, comments: readCitations(readFileSync(join(root, file), 'utf8'), where) };
  });
  const alerts = mapAlerts(rfcs, files);
  const documents = new Map([
    ['docs/alerts.md', alerts.text],
    ['docs/rfc-map.md', formatRfcMap(MAPPED_RFC, rfcs, files)],
  ]);
  if (process.argv.includes('--write')) {
    for (const [file, text] of documents) writeFileSync(join(root, file), text);
    console.log(`check-citations: wrote ${[...documents.keys()].join(', ')}`);
  }
  // The map of MUSTs changes with each citation, and may lag behind; what is said of alerts may not.
  const stale = ['docs/alerts.md'].filter((file) => readFileSync(join(root, file), 'utf8') !== documents.get(file));
  const problems = [
    ...files.flatMap(({ file, comments }) =>
      comments.flatMap((comment) => checkCitations(comment, rfcs).map((problem) => `${file}:${comment.line}: ${problem}`)),
    ),
    ...alerts.problems,
    ...stale.map((file) => `${file} is no longer what the sources say: node tools/check-citations.mjs --write`),
  ];
  for (const problem of problems) console.log(problem);
  const comments = files.flatMap((file) => file.comments);
  const citations = comments.flatMap((comment) => comment.citations);
  const unread = new Set(citations.map(({ rfc }) => rfc).filter((rfc) => !rfcs.has(rfc)));
  if (unread.size > 0) console.log(`named, but not at hand, so not checked: RFC ${[...unread].sort((a, b) => a - b).join(', ')}`);
  const quotes = comments.flatMap((comment) => comment.quotes);
  console.log(`check-citations: ${citations.length} citations, ${quotes.length} quotes, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** @returns {string[]} relative to the root, with `/` */
function sourceFiles() {
  const entries = readdirSync(join(root, 'packages'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => /^packages\/[^/]+\/(src|test)\//.test(file))
    .sort();
}
