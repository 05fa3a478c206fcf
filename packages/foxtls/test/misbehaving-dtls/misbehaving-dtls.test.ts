import { beforeAll, describe, expect, it } from 'vitest';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { expectRuleToName } from '../misbehaving/quoted-rules.ts';
import type { DatagramCase } from './case.ts';
import { FRAGMENTS } from './fragments.ts';
import { begin, discarded, expectConversation, expectEnd, open } from './frame.ts';
import { MESSAGES } from './messages.ts';
import { RECORDS } from './records.ts';

const SECTIONS: Readonly<Record<string, readonly DatagramCase[]>> = { records: RECORDS, fragments: FRAGMENTS, ...MESSAGES };

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

describe('the test peer of DTLS', () => {
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    for (const victim of ['client', 'server'] as const) {
      for (const ids of [undefined, { victim: Uint8Array.of(1, 2), peer: Uint8Array.of(3) }]) {
        it(`keeps every rule of ${version} against a ${victim}${ids === undefined ? '' : ' with connection IDs'}`, () => {
          const opened = open(pki, { version, victim, ...(ids && { ids }) });
          begin(opened);
          expectConversation(opened);
          expect(discarded(opened)).toEqual({});
          expect(opened.peer.alerts).toEqual([]);
        });
      }
    }
  }
});

for (const [section, cases] of Object.entries(SECTIONS)) {
  describe(`misbehaviour in ${section}`, () => {
    for (const misbehaviour of cases) {
      const { name, rfc, victim, version, expected } = misbehaviour;
      const who = `${version === 'TLSv1.3' ? 'DTLS 1.3' : 'DTLS 1.2'}: a ${victim === 'client' ? 'server' : 'client'}`;
      const comes =
        'dropped' in expected ? `is counted: ${expected.dropped}` : 'borne' in expected ? 'is borne' : `gets ${expected.alert}`;
      it(`${who} that ${name} ${comes} (${rfc})`, () => {
        const opened = open(pki, misbehaviour);
        misbehaviour.break(opened.peer, misbehaviour);
        begin(opened);
        if ('error' in expected) {
          expectRuleToName(rfc, expected.alert);
          expectEnd(opened, expected);
          return;
        }
        const warnings =
          'borne' in expected && expected.warning !== undefined ? [{ level: 1, description: expected.warning }] : [];
        expect(discarded(opened)).toEqual('dropped' in expected ? { [expected.dropped]: 1 } : {});
        expectConversation(opened);
        expect(opened.peer.alerts).toEqual(warnings);
      });
    }
  });
}

describe('the table of misbehaviour', () => {
  it('has no case twice, and enough of them', () => {
    const names = Object.values(SECTIONS).flatMap((cases) =>
      cases.map(({ victim, version, name }) => `${version} ${victim} ${name}`),
    );
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBeGreaterThan(150);
  });
});
