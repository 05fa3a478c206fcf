/**
 * The same parts, but each answer comes later: whatever may wait is made to wait.
 */

import type { PeerVerifier } from '../../src/crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { PrivateKey, PublicKey, Signer } from '../../src/crypto/signature.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { Sealer } from '../../src/protocol/session/sealer.ts';

/** A turn of the event loop: more than a promise that is settled already. */
export function later(milliseconds = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A promise, and what settles it. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (error: Error) => void;
} {
  const settlers: { resolve?: (value: T | PromiseLike<T>) => void; reject?: (error: Error) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(settlers, { resolve, reject }));
  return { promise, resolve: (value) => settlers.resolve?.(value), reject: (error) => settlers.reject?.(error) };
}

async function laterThen<T>(answer: () => T | PromiseLike<T>, milliseconds = 0): Promise<T> {
  await later(milliseconds);
  return answer();
}

/** Everything of the provider that may answer with a promise does (hashes and AEADs never wait). */
export function asynchronous(provider: CryptoProvider): CryptoProvider {
  return {
    ...provider,
    name: `${provider.name}, later`,
    groups: provider.groups.map((group) => ({
      ...group,
      async start(random) {
        await later();
        const { share, finish } = bound(await group.start(random));
        return { share, finish: (peerShare) => laterThen(() => finish(peerShare)) };
      },
      async respond(peerShare, random) {
        await later();
        return group.respond(peerShare, random);
      },
    })),
    keys: {
      ...provider.keys,
      importPublicKey: (spki) => laterThen(async () => asynchronousPublicKey(await provider.keys.importPublicKey(spki))),
      importPrivateKey: (pkcs8) => laterThen(async () => asynchronousPrivateKey(await provider.keys.importPrivateKey(pkcs8))),
      generateKey: (request) => laterThen(async () => asynchronousPrivateKey(await provider.keys.generateKey(request))),
    },
  };
}

export function asynchronousSigner(signer: Signer, milliseconds = 0): Signer {
  return {
    type: signer.type,
    sign: (algorithm, message, signal) => laterThen(() => signer.sign(algorithm, message, signal), milliseconds),
  };
}

export function asynchronousCredential(credential: X509Credential, milliseconds = 0): X509Credential {
  return { ...credential, signer: asynchronousSigner(credential.signer, milliseconds) };
}

export function asynchronousVerifier(verifier: PeerVerifier): PeerVerifier {
  return { ...verifier, verify: (request) => laterThen(() => verifier.verify(request)) };
}

export function asynchronousSealer(sealer: Sealer): Sealer {
  return {
    seal: (plaintext) => laterThen(() => sealer.seal(plaintext)),
    open: (sealed) => laterThen(() => sealer.open(sealed)),
  };
}

function asynchronousPublicKey(key: PublicKey): PublicKey {
  return {
    type: key.type,
    spki: key.spki,
    verify: (algorithm, message, signature) => laterThen(() => key.verify(algorithm, message, signature)),
  };
}

function asynchronousPrivateKey(key: PrivateKey): PrivateKey {
  return {
    ...asynchronousSigner(key),
    publicKey: asynchronousPublicKey(key.publicKey),
    exportPkcs8: () => key.exportPkcs8(),
  };
}

function bound(exchange: Awaited<ReturnType<CryptoProvider['groups'][number]['start']>>) {
  return { share: exchange.share, finish: (peerShare: Uint8Array) => exchange.finish(peerShare) };
}
