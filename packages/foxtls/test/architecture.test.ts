/**
 * The house's plan as checks: who imports whom, and what a file may look like. A rule is shown to fail on a small bad example before
 * it is asked about the sources.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as form from './architecture/form-rules.ts';
import * as imports from './architecture/import-rules.ts';
import { isShipped, parseSource, readSources, type Source } from './architecture/source.ts';
import { projectRoot } from './folders.ts';

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly rule: imports.Rule;
  /** What breaks the rule: each file, alone or together, by its path in `src`. */
  readonly bad: readonly Files[];
  /** What the rule must let pass. */
  readonly good: Files;
}

const IMPORT_CASES: Readonly<Record<string, Case>> = {
  'a folder imports only from folders below it': {
    rule: imports.layersPointDown,
    bad: [
      { 'core/a.ts': "import { b } from '../crypto/b.ts';" },
      { 'core/a.ts': "import type { B } from '../crypto/b.ts';" },
      { 'pki/a.ts': "export * from '../connection/b.ts';" },
      { 'pki/a.ts': "export { b } from '../protocol/b.ts';" },
      { 'crypto/a.ts': "const b = import('../pki/b.ts');" },
      { 'crypto/a.ts': "type B = import('../pki/b.ts').B;" },
      { 'node/a.ts': "import { b } from '../web/b.ts';" },
      { 'core/a.ts': "import { b } from '../index.ts';" },
      { 'attic/a.ts': "import { b } from '../core/b.ts';" },
    ],
    good: {
      'pki/a.ts': "import { b } from '../core/b.ts'; import { c } from './x509/c.ts';",
      'index.ts': "export * from './connection/c.ts';",
    },
  },
  'protocol/ never imports pki/ or transport/': {
    rule: imports.protocolKnowsNoCertificates,
    bad: [
      { 'protocol/a.ts': "import { b } from '../pki/b.ts';" },
      { 'protocol/x/a.ts': "import type { B } from '../../transport/tls/b.ts';" },
    ],
    good: { 'protocol/a.ts': "import { b } from '../crypto/b.ts';", 'transport/b.ts': "import { a } from '../protocol/a.ts';" },
  },
  'providers are composed in entry files': {
    rule: imports.providersAreComposedInEntries,
    bad: [
      { 'connection/a.ts': "import { b } from '../crypto/node/b.ts';" },
      { 'crypto/node/a.ts': "import { b } from '../portable/b.ts';" },
      { 'node/a.ts': "import { b } from '../crypto/node/b.ts';" },
      { 'pki/a.ts': "import { b } from '../crypto/legacy/b.ts';" },
    ],
    good: {
      'node/provider.ts': "import { b } from '../crypto/node/b.ts';",
      'crypto-node.ts': "export { b } from './crypto/node/b.ts';",
      'crypto/node/c.ts': "import { b } from '../legacy/b.ts';",
    },
  },
  'what is old is there with foxtls/legacy alone': {
    rule: imports.oldStaysInLegacy,
    bad: [
      { 'index.ts': "export { b } from './legacy/b.ts';" },
      { 'connection/a.ts': "import { splitPrf } from '../protocol/keys/split-prf.ts';" },
      { 'protocol/handshake/a.ts': "import { CertificateVerify } from '../messages/tls12/before-tls12.ts';" },
      { 'crypto/node/a.ts': "import { md5 } from '../legacy/md5.ts';" },
    ],
    good: {
      'legacy.ts': "export * from './legacy/b.ts';",
      'legacy/b.ts': "import { splitPrf } from '../protocol/keys/split-prf.ts'; import { md5 } from '../crypto/legacy/md5.ts';",
      'crypto/node/a.ts': "import { rc2Cbc40 } from '../legacy/rc2.ts';",
    },
  },
  'node:* appears only in node/ and crypto/node/': {
    rule: imports.nodeModulesStayInNode,
    bad: [
      { 'core/a.ts': "import { b } from 'node:crypto';" },
      { 'crypto/portable/a.ts': "import { b } from 'crypto';" },
      { 'tls.ts': "import { b } from 'node:net';" },
    ],
    good: { 'node/a.ts': "import { b } from 'node:net';", 'crypto/node/a.ts': "import { b } from 'node:crypto';" },
  },
  '@noble/* appears only in crypto/portable/, crypto/legacy/ and crypto/post-quantum/, other packages nowhere': {
    rule: imports.nobleStaysInPortable,
    bad: [
      { 'crypto/node/a.ts': "import { b } from '@noble/hashes/sha2.js';" },
      { 'crypto/portable/a.ts': "import { b } from 'left-pad';" },
    ],
    good: { 'crypto/portable/a.ts': "import { b } from '@noble/hashes/sha2.js';", 'node/a.ts': "import { b } from 'node:net';" },
  },
  'no import leads back to its file': {
    rule: imports.noCycle,
    bad: [
      { 'core/a.ts': "import './a.ts';" },
      { 'core/a.ts': "import './b.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': "import type { A } from './a.ts';" },
    ],
    good: { 'core/a.ts': "import './b.ts'; import './c.ts';", 'core/b.ts': "import './c.ts';", 'core/c.ts': '' },
  },
};

const FORM_CASES: Readonly<Record<string, Case>> = {
  'Buffer appears only in node/ and crypto/node/': {
    rule: form.bufferStaysInNode,
    bad: [{ 'core/a.ts': "const a = Buffer.from('');" }, { 'crypto/portable/a.ts': 'export type A = Buffer;' }],
    good: {
      'node/a.ts': "const a = Buffer.from('');",
      'crypto/node/a.ts': "const a = Buffer.from('');",
      'core/a.ts': "// no Buffer\nconst a = 'Buffer';",
    },
  },
  'there is no enum': {
    rule: form.noEnum,
    bad: [{ 'a.ts': 'export enum A { b }' }],
    good: { 'a.ts': 'export const A = { b: 0 } as const;' },
  },
  'there is no default export but in the face of node:tls': {
    rule: form.noDefaultExport,
    bad: [{ 'core/a.ts': 'export default 1;' }, { 'core/a.ts': 'export default function a() {}' }],
    good: { 'tls.ts': 'export default {};', 'core/a.ts': 'export const a = 1;' },
  },
  'modules have no mutable state': {
    rule: form.noMutableModuleState,
    bad: [{ 'a.ts': 'let a = 1;' }, { 'a.ts': 'export let a = 1;' }, { 'a.ts': 'var a = 1;' }],
    good: { 'a.ts': 'export const a = () => { let b = 1; return b; };' },
  },
  'functions have at most 60 lines': {
    rule: form.functionsAreShort,
    bad: [
      { 'a.ts': `function a() {${'\n'.repeat(60)}}` },
      { 'a.ts': `class A { b() {${'\n'.repeat(60)}} }` },
      { 'a.ts': `const a = () => {${'\n'.repeat(60)}};` },
    ],
    good: { 'a.ts': `function a() {${'\n'.repeat(59)}}` },
  },
  'functions of more than 40 lines are listed': {
    rule: form.longFunctions,
    bad: [{ 'a.ts': `function a() {${'\n'.repeat(40)}}` }],
    good: { 'a.ts': `function a() {${'\n'.repeat(39)}}` },
  },
  'files have at most 600 lines': {
    rule: form.filesAreShort,
    bad: [{ 'a.ts': '\n'.repeat(601) }],
    good: { 'a.ts': '\n'.repeat(600) },
  },
  'a file opens with a comment': {
    rule: form.filesOpenWithPurpose,
    bad: [{ 'a.ts': 'const a = 1;\n/** Late. */' }, { 'a.ts': '/** */\nconst a = 1;' }],
    good: { 'a.ts': '/**\n * Purpose.\n */', 'b.ts': '/** Purpose. */', 'c.ts': '// Purpose.' },
  },
  'what is left to do has a reason': {
    rule: form.openEndsHaveReasons,
    bad: [{ 'a.ts': '// TODO' }, { 'a.ts': '// TODO: later' }, { 'a.ts': '// FIXME: because it is not right yet' }],
    good: { 'a.ts': '// TODO: SM4 waits for a provider that has it' },
  },
  'no drawer is called utils': {
    rule: form.noDrawers,
    bad: [{ 'core/utils/a.ts': '' }, { 'core/util.ts': '' }, { 'core/helpers.ts': '' }],
    good: { 'core/bytes/bytes.ts': '' },
  },
  'function names say what is done': {
    rule: form.namesSayWhatIsDone,
    bad: [{ 'core/a.ts': 'export function getLength() {}' }, { 'core/a.ts': 'function handle() {}' }],
    good: {
      'core/a.ts': 'export function readLength() {} export function doubled() {}',
      'node/a.ts': 'export function getCiphers() {}',
    },
  },
};

const source = readSources(join(projectRoot, 'packages/foxtls/src'));
const shipped = source.filter(isShipped);
const everyPackage = allPackageSources();

describe('imports', () => {
  for (const [title, { rule, bad, good }] of Object.entries(IMPORT_CASES)) {
    it(`the check that ${title} can fail`, () => expectCheck(rule, bad, good));
    it(title, () => expect(rule(shipped)).toEqual([]));
  }
});

describe('files', () => {
  const subjects: Readonly<Record<string, readonly Source[]>> = {
    'Buffer appears only in node/ and crypto/node/': shipped,
    'modules have no mutable state': everyPackage.filter(isShipped),
    'functions have at most 60 lines': everyPackage.filter(isShipped),
    // A test beside the code has its purpose in its name and in its titles.
    'a file opens with a comment': everyPackage.filter((file) => !file.path.endsWith('.test.ts')),
    'function names say what is done': shipped,
  };
  for (const [title, { rule, bad, good }] of Object.entries(FORM_CASES)) {
    it(`the check that ${title} can fail`, () => expectCheck(rule, bad, good));
    if (rule === form.longFunctions) continue;
    it(title, () => expect(rule(subjects[title] ?? everyPackage)).toEqual([]));
  }

  it('list their long functions', () => {
    const long = form.longFunctions(everyPackage.filter(isShipped));
    if (long.length > 0) console.log(`functions to shorten when you pass by:\n${long.map((line) => `  ${line}`).join('\n')}`);
  });

  it('are found', () => {
    expect(shipped.length).toBeGreaterThan(20);
    expect(source.length).toBeGreaterThan(shipped.length);
  });
});

describe('everything committed', () => {
  it('is found to name a machine where it does', () => {
    const slash = '/';
    expect(form.foreignWords('a', `see ${slash}home/me/x`)).toEqual([`a: ${slash}home/me`]);
    expect(form.foreignWords('a', `https:${slash}/registry.invalid/x`)).toEqual([`a: https:${slash}/registry.invalid`]);
    expect(form.foreignWords('a', 'the core/home/page, a/work/b, https://example.com/npm')).toEqual([]);
  });

  it('names no path of a machine and no host that packages come from', (context) => {
    const files = trackedFiles() ?? context.skip('not a git work tree');
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => form.foreignWords(file, readFileSync(join(projectRoot, file), 'utf8')))).toEqual([]);
  });
});

function expectCheck(rule: imports.Rule, bad: readonly Files[], good: Files): void {
  for (const files of bad) expect(rule(sourcesOf(files)), JSON.stringify(files)).not.toEqual([]);
  expect(rule(sourcesOf(good))).toEqual([]);
}

function sourcesOf(files: Files): Source[] {
  return Object.entries(files).map(([path, text]) => parseSource(path, text));
}

/** Every package's sources; those of other packages with the package's name before the path. */
function allPackageSources(): Source[] {
  const packages = readdirSync(join(projectRoot, 'packages')).filter(
    (name) => name !== 'foxtls' && existsSync(join(projectRoot, 'packages', name, 'package.json')),
  );
  const others = packages.flatMap((name) =>
    readSources(join(projectRoot, 'packages', name, 'src')).map((file) => ({ ...file, path: `../../${name}/src/${file.path}` })),
  );
  return [...source, ...others];
}

/** Files that git knows and that are still there; undefined outside of a work tree. */
function trackedFiles(): string[] | undefined {
  try {
    const listing = execFileSync('git', ['ls-files', '-z'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: projectRoot, encoding: 'utf8' });
    const gone = new Set(deleted.split('\0'));
    return listing.split('\0').filter((file) => file !== '' && !gone.has(file));
  } catch {
    return undefined;
  }
}
