/**
 * Two servers of the same settings, foxtls and OpenSSL, get the same strange ClientHellos, and then the same strange second flights: they answer
 * alike, or for a known reason.
 *
 * `differential/` has the pieces: what is drawn (settings, client-hello, flaws, second-flight), the servers and their answers, and the reasons for which the
 * answers may differ. `FOXTLS_SEED=2` draws others.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { isLongTier, rounds } from '../packages/foxtls/test/tiers.ts';
import { type HelloPlan, helloPlan } from './differential/client-hello.ts';
import { type Comparison, explain } from './differential/reasons.ts';
import { askFoxtls, askOpenSsl, startOpenSsl } from './differential/servers.ts';
import { foxtlsConfig, type Settings, settings } from './differential/settings.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';

/** s_server takes one hello after another: as many for each of the settings. */
const HELLOS = 12;
const SETTINGS = rounds(13, 300);
const seed = Number(process.env['FOXTLS_SEED'] ?? 1);

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki.remove());

describeWithPeer('a ClientHello of any kind', 'openssl', () => {
  it(`is answered alike, or for a known reason differently (seed ${seed})`, async () => {
    const hellos = fc.array(helloPlan, { minLength: HELLOS, maxLength: HELLOS, size: 'max' });
    const compared: Comparison[] = [];
    for (const [drawn, plans] of fc.sample(fc.tuple(settings, hellos), { seed, numRuns: SETTINGS })) {
      compared.push(...(await compareAll(drawn, plans)));
    }
    const explained = compared.map((comparison) => ({ comparison, ...explain(comparison) }));
    if (isLongTier) console.info(distributionOf(explained));
    expect(explained.filter(({ unexplained }) => unexplained.length > 0).map(describeDifference)).toEqual([]);
    // A sample in which all is refused would show little.
    const agreed = compared.filter(({ ours }) => ours.outcome === 'agreed').map(({ ours }) => ours.version);
    expect(new Set(agreed)).toEqual(new Set([...agreed, 'TLSv1.3', 'TLSv1.2']));
    expect(agreed.length).toBeGreaterThan(compared.length / 10);
  });

  it('is not explained away: an answer that nobody may give has no reason', async () => {
    const [[drawn, plan] = []] = fc.sample(fc.tuple(settings, helloPlan), { seed: 1, numRuns: 1 });
    if (drawn === undefined || plan === undefined) throw new Error('nothing was drawn');
    const theirs = { outcome: 'agreed', version: 'TLSv1.3', suite: 'TLS_AES_128_GCM_SHA256', group: 'x25519' } as const;
    const common = { settings: { ...drawn, serverPreference: true }, plan: { ...plan, flaw: undefined, shares: [] }, theirs };
    const differing = {
      version: 'TLSv1.2',
      suite: 'TLS_RSA_WITH_NULL_MD5',
      group: 'sect163k1',
      downgrade: 'none',
      echoesSessionId: true,
      outcomeOfSecond: 'nothing',
    };
    for (const [field, value] of Object.entries(differing)) {
      expect(explain({ ...common, ours: { ...theirs, [field]: value } }).unexplained).toContain(field);
    }
    const refused = { outcome: 'refused', alert: 'internal_error' } as const;
    expect(explain({ ...common, ours: refused }).unexplained).toEqual(['refusal', 'internal_error without cause']);
    expect(explain({ ...common, ours: refused, theirs: refused }).unexplained).toEqual(['internal_error without cause']);
  });
});

async function compareAll(drawn: Settings, plans: readonly HelloPlan[]): Promise<Comparison[]> {
  const config = await foxtlsConfig(pki, drawn);
  const { port, peer } = await startOpenSsl(pki, drawn);
  const compared: Comparison[] = [];
  try {
    for (const plan of plans) {
      const { answer: ours, error } = await askFoxtls(config, plan);
      if (error?.alert === 'internal_error') throw error;
      compared.push({ settings: drawn, plan, ours, theirs: await askOpenSsl(port, config, plan) });
    }
  } finally {
    await peer.stop();
  }
  return compared;
}

interface Explained {
  readonly comparison: Comparison;
  readonly reasons: readonly string[];
  readonly unexplained: readonly string[];
}

function describeDifference({ comparison: { settings: drawn, plan, ours, theirs }, unexplained }: Explained): string {
  return JSON.stringify({ unexplained, ours, theirs, settings: drawn, plan }, undefined, 1);
}

/** How many of each: what foxtls answered, and why OpenSSL answered something else. */
function distributionOf(explained: readonly Explained[]): string {
  const counts = new Map<string, number>();
  for (const { comparison, reasons } of explained) {
    const { outcome, version, alert } = comparison.ours;
    const answer = outcome === 'agreed' ? `${version} agreed on` : `refused with ${alert}`;
    const followed = comparison.ours.second === undefined ? [] : ['a second flight was sent'];
    for (const line of [answer, ...followed, ...(reasons.length === 0 ? ['no difference'] : reasons)])
      counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const lines = [...counts].sort(([, a], [, b]) => b - a).map(([line, count]) => `${String(count).padStart(6)}  ${line}`);
  return [`${explained.length} hellos (seed ${seed}):`, ...lines].join('\n');
}
