// The targets of fuzz/targets, and the inputs that fuzz/corpus keeps for them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const here = (path) => new URL(path, import.meta.url);

export async function allTargets() {
  const files = readdirSync(here('targets/')).filter((file) => file.endsWith('.mjs'));
  const modules = await Promise.all(files.sort().map((file) => import(here(`targets/${file}`))));
  return modules.flatMap(({ targets }) => targets);
}

/** Inputs that earlier runs kept, because they reach what others do not, or once found a defect: accepted or refused. */
export function keptInputs({ name }) {
  const folder = here(`corpus/${name}/`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => Uint8Array.from(readFileSync(new URL(file, folder))));
}
