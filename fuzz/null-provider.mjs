/**
 * A provider that protects nothing, so that changed bytes get behind the encryption: sealing adds a tag that opening does not look at,
 * every signature is right, and every key exchange has the same secret. Hashes are real: a Finished is still one of its own transcript.
 *
 * It is the public `CryptoProvider`, composed as anybody may compose one. Never to be used for anything but fuzzing.
 */

import { PeerMisbehaved } from 'foxtls';
import { peerVerified } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { seeded } from './mutate.mjs';

export const TAG_SIZE = 16;

const nullAeads = nodeProvider.aeads
  .filter(({ tagSize }) => tagSize === TAG_SIZE)
  .map(({ name, keySize, nonceSize, tagSize }) => ({ name, keySize, nonceSize, tagSize, create: () => nullKey }));

const nullKey = {
  // The caller may go on to use its buffers.
  seal: (_nonce, _additionalData, plaintext, out) =>
    out.push(...plaintext.map((piece) => piece.slice()), new Uint8Array(TAG_SIZE)),
  open: (_nonce, _additionalData, sealed) => (sealed.length < TAG_SIZE ? undefined : sealed.slice(0, -TAG_SIZE)),
  wipe: () => {},
};

/** What the shares of a group are, in bytes. */
const SHARES = { x25519: 32, secp256r1: 65, ffdhe2048: 256 };
const SECRET = new Uint8Array(32).fill(1);

const nullGroups = nodeProvider.groups
  .filter(({ name }) => Object.hasOwn(SHARES, name))
  .map(({ name, id }) => {
    const exchange = (size) => ({ share: new Uint8Array(size).fill(4), finish: (share) => agree(share, size) });
    const start = () => exchange(SHARES[name]);
    return { name, id, start, respond: (share) => ({ share: start().share, secret: start().finish(share) }) };
  });

function agree(share, size) {
  if (share.length !== size) throw new PeerMisbehaved('key_share_invalid', `${share.length} bytes where ${size} are expected`);
  return SECRET.slice();
}

const finiteField = {
  start: ({ prime }) => ({ share: new Uint8Array(prime.length).fill(4), finish: () => new Uint8Array(prime.length).fill(1) }),
};

const TYPES = [{ kind: 'ec', curve: 'secp256r1' }, { kind: 'rsa', bits: 2048 }, { kind: 'ed25519' }];

/** A public key is any bytes: the first says of which type it is. */
export function nullPublicKey(spki) {
  return { type: TYPES[(spki[0] ?? 0) % TYPES.length], spki, verify: () => true };
}

/** What signs for `nullPublicKey(spki)`. */
export function nullSigner(spki) {
  return { type: nullPublicKey(spki).type, sign: () => new Uint8Array(8).fill(5) };
}

/** Takes any certificate, whose bytes are its key. */
export const nullVerifier = {
  authorities: [Uint8Array.of(0x30, 0x00)],
  wantsOcspResponse: true,
  verify({ presented }) {
    const isBare = presented.kind === 'raw-public-key';
    const publicKey = isBare ? presented.spki : presented.certificates[0];
    return peerVerified({ publicKey, mayDigitallySign: true, path: isBare ? [] : presented.certificates });
  },
};

/** `restart()` makes its random bytes those of a new one: a connection made after it is the one that was made before. */
export function createNullProvider(seed, parts = {}) {
  let below = seeded(seed);
  return {
    name: 'null',
    random: (length) => Uint8Array.from({ length }, () => below(256)),
    hashes: nodeProvider.hashes,
    aeads: nullAeads,
    groups: nullGroups,
    finiteField,
    keys: {
      verifies: nodeProvider.keys.verifies,
      importPublicKey: nullPublicKey,
      importPrivateKey: nullSigner,
      generateKey: () => nullSigner(Uint8Array.of(0)),
    },
    ...parts,
    restart: () => {
      below = seeded(seed);
    },
  };
}
