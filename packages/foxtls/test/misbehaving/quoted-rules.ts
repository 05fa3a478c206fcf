/**
 * What a row says of its rule is compared with what it expects: a quoted sentence that names alerts names this one.
 *
 * That the sentence is the RFC's is the business of `npm run check:citations`, which makes docs/alerts.md of the quotes.
 */

import { expect } from 'vitest';
import { ALERTS } from '../../src/core/registry/alerts.ts';

const NAMES = new RegExp(`\\b(${Object.keys(ALERTS).join('|')})\\b`, 'g');

/** Fails where `rfc` quotes a rule of other alerts than the one that is expected. */
export function expectRuleToName(rfc: string, alert: string): void {
  const quote = /“.*”/.exec(rfc)?.[0].replace('handshake failure alert', 'handshake_failure') ?? '';
  const named = quote.match(NAMES) ?? [];
  if (named.length > 0) expect(named).toContain(alert);
}
