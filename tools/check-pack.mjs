/**
 * Whether the package is right for those who install it: packs it, lets publint and attw judge the tarball, installs the tarball in an
 * empty ESM project and in an empty CommonJS project, loads every entry of `exports` there, prints what was loaded, and compiles against
 * the types of those entries that are not for Node alone.
 *
 * The command (packages/foxtls-cli) is packed and started from its tarball, too.
 *
 * Nothing is fetched: the run-time dependencies are packed from node_modules and installed with the package, offline.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Entries whose types are those of Node. */
const FOR_NODE = /\/(tls|dtls|https|register|node)$/;

const root = fileURLToPath(new URL('..', import.meta.url));
const packageFolder = join(root, 'packages/foxtls');
const manifest = readJson(join(packageFolder, 'package.json'));
const commandFolder = join(root, 'packages/foxtls-cli');
const workFolder = mkdtempSync(join(tmpdir(), 'foxtls-pack-'));

try {
  checkLicenses();
  const { tarball, files } = pack(packageFolder);
  checkFiles(files);
  run('npx', ['publint', 'run', tarball, '--strict'], root);
  // ESM only: require() loads it as an ES module, which attw's other profiles take for a mistake.
  run('npx', ['attw', tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii'], root, 'pipe');
  console.log('attw: the types of every entry resolve');
  const dependencies = Object.keys(manifest.dependencies).map((name) => pack(join(root, 'node_modules', name)).tarball);
  loadEverywhere('module', [tarball, ...dependencies]);
  compileWithoutNode(join(workFolder, 'module'));
  loadEverywhere('commonjs', [tarball, ...dependencies]);
  startCommand();
} catch (error) {
  console.error(`check-pack: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(workFolder, { recursive: true, force: true });
}

/** The packages carry the project's licence. */
function checkLicenses() {
  const license = readFileSync(join(root, 'LICENSE'), 'utf8');
  for (const folder of [packageFolder, commandFolder]) {
    if (license !== readFileSync(join(folder, 'LICENSE'), 'utf8'))
      throw new Error(`${folder}/LICENSE is not the same as LICENSE`);
  }
}

/** The command as it is installed: what is in its tarball, beside the packages that it depends on. */
function startCommand() {
  const { name, version, dependencies } = readJson(join(commandFolder, 'package.json'));
  const { tarball, files } = pack(commandFolder);
  const strays = files.filter(
    (file) => !/^(package\.json|README\.md|LICENSE|bin\/foxtls\.js|native\/transfer\.c|dist\/.*\.js(\.map)?)$/.test(file),
  );
  if (strays.length > 0) throw new Error(`not meant to be in ${name}: ${strays.join(', ')}`);
  run('npx', ['publint', 'run', tarball, '--strict'], root);
  const modules = join(workFolder, 'command/node_modules');
  mkdirSync(join(modules, name), { recursive: true });
  run('tar', ['-xzf', tarball, '-C', join(modules, name), '--strip-components', '1'], root);
  for (const dependency of Object.keys(dependencies))
    symlinkSync(join(root, 'node_modules', dependency), join(modules, dependency));
  const output = run('node', [join(modules, name, 'bin/foxtls.js'), '--version'], workFolder, 'pipe');
  if (!output.startsWith(`foxtls ${version} `)) throw new Error(`foxtls --version said ${output}`);
  console.log(`${name} ${version}: ${files.length} files, and it starts`);
}

/**
 * @param {string} folder
 * @returns {{ tarball: string, files: string[] }}
 */
function pack(folder) {
  // --json puts nothing else on stdout but what a prepack script prints before it.
  const output = run(
    'npm',
    ['pack', '--json', '--offline', '--foreground-scripts=false', '--pack-destination', workFolder],
    folder,
    'pipe',
  );
  const listed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const [report] = Object.values(listed);
  const files = report.files.map((/** @type {{ path: string }} */ file) => file.path);
  return { tarball: join(workFolder, report.filename.replace('@', '').replace('/', '-')), files };
}

/**
 * Only what is meant to be there, and all of it.
 *
 * @param {readonly string[]} files
 */
function checkFiles(files) {
  const strays = files.filter(
    (file) => !/^(package\.json|README\.md|LICENSE|dist\/.*(?<!\.(test|fixture))\.(js|d\.ts|js\.map))$/.test(file),
  );
  if (strays.length > 0) throw new Error(`not meant to be in the package: ${strays.join(', ')}`);
  const missing = ['package.json', 'README.md', 'LICENSE', ...targets()].filter((file) => !files.includes(file));
  if (missing.length > 0) throw new Error(`missing from the package: ${missing.join(', ')}`);
  console.log(`${manifest.name} ${manifest.version}: ${files.length} files`);
}

/** The files that `exports` points to. */
function targets() {
  return Object.values(manifest.exports)
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((target) => target.replace('./', ''));
}

/**
 * @param {'module' | 'commonjs'} type
 * @param {readonly string[]} tarballs
 */
function loadEverywhere(type, tarballs) {
  const project = join(workFolder, type);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', private: true, type }));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', ...tarballs], project);
  const load = type === 'module' ? '(entry) => import(entry)' : '(entry) => require(entry)';
  writeFileSync(join(project, 'load.js'), loader(entryNames(), load, type === 'module' ? 'import' : 'require'));
  run('node', ['load.js'], project);
}

/**
 * The types have to stand without @types/node, as in a browser's project.
 *
 * @param {string} project where the package is installed
 */
function compileWithoutNode(project) {
  const entries = entryNames().filter((entry) => !FOR_NODE.test(entry));
  const lines = entries.map((entry, index) => `import * as entry${index} from '${entry}';\nvoid entry${index};\n`);
  writeFileSync(join(project, 'types.ts'), lines.join(''));
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
    module: 'NodeNext',
    types: [],
    strict: true,
    noEmit: true,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  run('npx', ['tsc', '-p', project], root);
  console.log(`tsc: the types of ${entries.length} entries stand without @types/node`);
}

/** What a user imports: `foxtls`, `foxtls/tls` … */
function entryNames() {
  return Object.keys(manifest.exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => join(manifest.name, entry).replaceAll('\\', '/'));
}

/**
 * A program that loads every entry and fails for one that exports nothing, or an error whose name is not what it is imported by: the name
 * is what its users read.
 *
 * @param {readonly string[]} entries
 * @param {string} load
 * @param {string} verb
 */
function loader(entries, load, verb) {
  return `
    const load = ${load};
    const main = async () => {
      for (const entry of ${JSON.stringify(entries)}) {
        const loaded = await load(entry);
        const names = Object.keys(loaded);
        if (names.length === 0) throw new Error(entry + ' exports nothing');
        for (const name of names) {
          if (loaded[name]?.prototype instanceof Error && loaded[name].name !== name) throw new Error(entry + ': ' + name + ' lost its name');
        }
        console.log('${verb} ' + entry + ': ' + names.length + ' exports');
      }
    };
    main().catch((error) => { console.error(error); process.exitCode = 1; });
  `;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} folder
 * @param {'inherit' | 'pipe'} output whether to show the output, or to return it and show it only on failure
 * @returns {string}
 */
function run(command, args, folder, output = 'inherit') {
  // npm hands its settings to what it starts as npm_config_*; `npm pack --dry-run` or a workspace setting must not reach these projects.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(workspace|dry_run|json|local_prefix)|package_)/.test(name)),
  );
  const result = spawnSync(command, [...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', output, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status === 0) return result.stdout ?? '';
  if (output === 'pipe') console.error(result.stdout);
  throw new Error(`failed: ${command} ${args.join(' ')}`);
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
