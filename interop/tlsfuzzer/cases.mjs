/**
 * What is asked: `cases/*.json`, read and as arguments of tlsfuzzer's scripts.
 *
 * @typedef {object} Otherwise Conversations that end otherwise than the script expects.
 * @property {readonly string[]} tests their names; none for what the script says when all are done
 * @property {string} error what tlsfuzzer says of them, in part
 * @property {string} reason why that is right, or what foxtls does not have
 *
 * @typedef {object} Case
 * @property {string} server a name of SERVERS (servers.mjs)
 * @property {string} script
 * @property {readonly string[]} [arguments] paths that begin with `tests/` are those of tlsfuzzer
 * @property {readonly Otherwise[]} [otherwise]
 *
 * @typedef {{ script: string, reason: string }} LeftOut
 */

import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('cases/', import.meta.url);

/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

/** Those of all areas, in the order of their scripts. @returns {{ cases: Case[], leftOut: LeftOut[] }} */
export function readCases() {
  const areas = readdirSync(folder).sort().map(read);
  return { cases: areas.flatMap(({ cases }) => cases), leftOut: areas.flatMap(({ leftOut = [] }) => leftOut) };
}

/** @param {Case} asked @param {number} port */
export function argumentsOf({ arguments: own = [], otherwise = [] }, port) {
  const expected = otherwise.flatMap(({ tests, error }) => tests.flatMap((test) => ['-x', test, '-X', error]));
  return ['-p', `${port}`, ...own, ...expected];
}

/** What a script says when all its conversations are done, and fails for. @param {Case} asked */
export const lastWordsOf = ({ otherwise = [] }) => otherwise.filter(({ tests }) => tests.length === 0).map(({ error }) => error);

/** How a line of the output names it. @param {Case} asked */
export function titleOf({ server, script, arguments: own = [] }) {
  return [`${script} (${server})`, ...own.map((argument) => JSON.stringify(argument).slice(1, -1))].join(' ');
}
