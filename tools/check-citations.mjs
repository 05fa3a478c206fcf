/**
 * Checks every RFC citation in the packages' sources: that the section exists, and that what is quoted stands there, word for word.
 *
 * With `--write`, also lists the MUSTs of RFC 8446 in docs/rfc-map.md: which have code that quotes them or cites their section, and
 * which have a test that does. The RFC texts are in ../shared/rfc, or in $FOXTLS_RFC_DIR; without them nothing is checked, aloud
 * (and with an error where FOXTLS_RFC=required).
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCitations, readCitations } from './citations.mjs';
import { formatRfcMap } from './rfc-map.mjs';
import { readRfcs } from './rfc-text.mjs';

/** @typedef {import('./citations.mjs').CitingComment} CitingComment */

const MAPPED_RFC = 8446;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env['FOXTLS_RFC_DIR'] ?? resolve(root, '..', 'shared', 'rfc');
const rfcs = readRfcs(folder);

if (rfcs === undefined) {
  console.log(`check-citations: SKIPPED: no RFC texts at ${relative(root, folder)} (or in $FOXTLS_RFC_DIR)`);
  process.exitCode = process.env['FOXTLS_RFC'] === 'required' ? 1 : 0;
} else {
  const files = sourceFiles().map((file) => {
    const where = file.endsWith('.test.ts') ? 'comments and strings' : 'comments';
    return { file, comments: readCitations(readFileSync(join(root, file), 'utf8'), where) };
  });
  const problems = files.flatMap(({ file, comments }) =>
    comments.flatMap((comment) => checkCitations(comment, rfcs).map((problem) => `${file}:${comment.line}: ${problem}`)),
  );
  for (const problem of problems) console.log(problem);
  const comments = files.flatMap((file) => file.comments);
  const citations = comments.flatMap((comment) => comment.citations);
  const unread = new Set(citations.map(({ rfc }) => rfc).filter((rfc) => !rfcs.has(rfc)));
  if (unread.size > 0) console.log(`named, but not at hand, so not checked: RFC ${[...unread].sort((a, b) => a - b).join(', ')}`);
  const quotes = comments.flatMap((comment) => comment.quotes);
  console.log(`check-citations: ${citations.length} citations, ${quotes.length} quotes, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;

  const mapped = rfcs.get(MAPPED_RFC);
  if (process.argv.includes('--write') && mapped !== undefined) {
    writeFileSync(join(root, 'docs/rfc-map.md'), formatRfcMap(MAPPED_RFC, mapped, files));
    console.log('check-citations: wrote docs/rfc-map.md');
  }
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
