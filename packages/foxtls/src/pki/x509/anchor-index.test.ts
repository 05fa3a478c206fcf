import { describe, expect, it } from 'vitest';
import {
  leafOfMiddle,
  middleCert,
  refusal,
  request,
  rootCert,
  strangerCert,
  subjects,
  verifierFor,
  verify,
} from './chains.fixture.ts';
import type { Name } from './name.ts';

/** A look-up that knows these certificates, and remembers what it was asked for. */
function lookUp(...known: readonly Uint8Array[]) {
  const asked: string[] = [];
  const findTrustAnchors = (name: Name) => {
    asked.push(name.toString());
    return known;
  };
  return { asked, options: { findTrustAnchors } };
}

const chain = [leafOfMiddle, middleCert];

describe('trust anchors that are looked up', () => {
  it('end a path like those that are known', () => {
    const { options } = lookUp(rootCert);
    expect(subjects(verify({ chain, anchors: [], options }))).toEqual(['Server', 'Middle', 'Root']);
  });

  it('are asked for by the names of issuers that a path leads to, and kept once they are found', () => {
    const { asked, options } = lookUp(rootCert);
    const verifier = verifierFor({ chain, anchors: [], options });
    verifier.verify(request({ chain }));
    expect(asked.filter((name) => name === 'CN=Root')).toHaveLength(1);
    expect(new Set(asked)).toEqual(new Set(['CN=Server', 'CN=Middle', 'CN=Root']));
    verifier.verify(request({ chain: [leafOfMiddle, middleCert, strangerCert] }));
    expect(asked.filter((name) => name === 'CN=Root')).toHaveLength(1);
  });

  it('of another name are no answer, and those that cannot be read spoil nothing', () => {
    expect(refusal({ chain, anchors: [], options: lookUp(strangerCert).options }).reason).toBe('issuer_unknown');
    expect(subjects(verify({ chain, anchors: [], options: lookUp(new Uint8Array(3), rootCert).options }))).toHaveLength(3);
  });

  it('stand beside those that are known', () => {
    const { asked, options } = lookUp();
    expect(subjects(verify({ chain, anchors: [rootCert], options }))).toEqual(['Server', 'Middle', 'Root']);
    expect(asked).toContain('CN=Root');
  });
});
