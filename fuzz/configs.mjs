// The configs of both ends of a connection, for the corpora: as all that is random comes from a seed, what was recorded of one connection fits
// every other.
import { defineClientConfig, defineServerConfig } from 'foxtls';
import { nodeProvider } from 'foxtls/crypto/node';
import { createX509Verifier } from 'foxtls/x509';
import { authority, leaf, now, seededRandom } from './authority.mjs';

export const VERSIONS = ['TLSv1.3', 'TLSv1.2'];

export function serverConfig(version) {
  const credentials = [{ kind: 'x509', chain: [leaf.certificate], signer: leaf.key }];
  return defineServerConfig({ ...commonOptions(1, version), credentials });
}

export function clientConfig(version) {
  const verifier = createX509Verifier({ provider: nodeProvider, trustAnchors: [authority.certificate] });
  return defineClientConfig({ ...commonOptions(2, version), verifier });
}

function commonOptions(seed, version) {
  return {
    provider: { ...nodeProvider, random: seededRandom(seed) },
    versions: [version],
    groups: ['x25519', 'secp256r1'],
    now: () => now.getTime(),
  };
}
