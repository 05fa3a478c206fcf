/** What a server has, by asking again and again without what it chose before, until it refuses. */

import { NAMED_GROUPS } from 'foxtls/messages';
import type { Answer, Offer, Version } from './hello.ts';
import { ALL_GROUPS, COMMON_GROUPS, ECDHE_SUITES, suitesFor } from './strength.ts';

/** More than any server has. */
const MAX_ROUNDS = 80;

export type Ask = (offer: Pick<Offer, 'version' | 'cipherSuites' | 'groups'>) => Promise<Answer>;

/** The suites of a version, in the order of the server's choices. A server that chooses what was not offered ends it. */
export async function listSuites(version: Version, ask: Ask, onFound: (count: number) => void = () => {}): Promise<string[]> {
  let left = suitesFor(version);
  const found: string[] = [];
  for (let round = 0; round < MAX_ROUNDS && left.length > 0; round++) {
    const answer = await ask({ version, cipherSuites: left, groups: ALL_GROUPS });
    if (answer.kind !== 'hello' || answer.version !== version || !left.includes(answer.suite)) break;
    found.push(answer.suiteName);
    left = left.filter((code) => code !== answer.suite);
    onFound(found.length);
  }
  return found;
}

/** The groups for key exchange, as TLS 1.3 tells them by its HelloRetryRequests. */
export async function listGroups(ask: Ask): Promise<string[]> {
  let left = ALL_GROUPS;
  const found: string[] = [];
  for (let round = 0; round < MAX_ROUNDS && left.length > 0; round++) {
    const answer = await ask({ version: 'TLSv1.3', cipherSuites: suitesFor('TLSv1.3'), groups: left });
    if (answer.kind !== 'hello' || answer.group === undefined) break;
    const { group } = answer;
    const code = (NAMED_GROUPS as Readonly<Record<string, number>>)[group];
    if (code === undefined || !left.includes(code)) break;
    found.push(group);
    left = left.filter((each) => each !== code);
  }
  return found;
}

/** The same of TLS 1.2, whose ServerHello does not say the group: one by one. */
export async function listOldGroups(ask: Ask): Promise<string[]> {
  const found: string[] = [];
  for (const [name, code] of COMMON_GROUPS) {
    const answer = await ask({ version: 'TLSv1.2', cipherSuites: ECDHE_SUITES, groups: [code] });
    if (answer.kind === 'hello') found.push(name);
  }
  return found;
}
