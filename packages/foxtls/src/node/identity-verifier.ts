/**
 * A client's verifier for one connection: the chain by the context's verifier, then the name by `checkServerIdentity`.
 *
 * node:tls asks for the name after the handshake, when a client certificate is sent already; here it is asked before, so that a server
 * of another name gets an alert and learns nothing of us.
 */

import type { DetailedPeerCertificate } from 'node:tls';
import { CertificateInvalid } from '../core/errors/errors.ts';
import { type Flow, run, settle } from '../core/flow/flow.ts';
import {
  type PeerUnverified,
  type PeerVerified,
  type PeerVerifier,
  peerUnverified,
  type VerifyRequest,
} from '../crypto/peer-verifier.ts';
import { checkServerIdentity, describeChain, type IdentityCheck } from './certificate-objects.ts';
import { callbackFailed } from './errors.ts';

export interface IdentityOptions {
  readonly chainVerifier: PeerVerifier;
  /** The host that the caller wanted: a name or an address. */
  readonly hostname: string;
  readonly checkServerIdentity: IdentityCheck;
  /** Whether `chainVerifier` is the application's own, which decides about the name, too. */
  readonly decidesNames: boolean;
  /** Whether to refuse a server of another name, or to go on and report it. */
  readonly rejectUnauthorized: boolean;
}

export function createIdentityVerifier(options: IdentityOptions): PeerVerifier {
  const { chainVerifier, hostname } = options;
  if (options.decidesNames) {
    const { acceptsUnverified = false, authorities, wantsOcspResponse } = chainVerifier;
    const verify = (request: VerifyRequest) => chainVerifier.verify({ ...request, serverName: hostname });
    return { acceptsUnverified, authorities, wantsOcspResponse, verify };
  }
  return {
    acceptsUnverified: !options.rejectUnauthorized,
    verify: (request) => run(verifyIdentity(options, request)),
  };
}

function* verifyIdentity(options: IdentityOptions, request: VerifyRequest): Flow<PeerVerified | PeerUnverified> {
  // By far the most common way needs no certificate object of Node's, which costs 0.2 ms.
  if (options.checkServerIdentity === checkServerIdentity) {
    const named = yield* verifyNamed(options, request);
    if (named !== undefined) return named;
  }
  const judged = yield* settle(options.chainVerifier.verify({ ...request, serverName: undefined }));
  // A chain that is not trusted proves no name; node:tls does not ask then either.
  if (judged.kind !== 'verified') return judged;
  const mismatch = askForMismatch(options, judged.path);
  if (mismatch === undefined || mismatch === null) return judged;
  const error = new CertificateInvalid('name_mismatch', mismatch.message, { cause: mismatch });
  if (options.rejectUnauthorized) throw error;
  const { publicKey, mayDigitallySign, mayEncipherKeys, mayAgreeOnKeys, endPointHash } = judged;
  return peerUnverified({ publicKey, mayDigitallySign, mayEncipherKeys, mayAgreeOnKeys, endPointHash, error });
}

/** Chain and name in one; undefined when the certificate's subject alternative names are not the host's. */
function* verifyNamed(
  { chainVerifier, hostname }: IdentityOptions,
  request: VerifyRequest,
): Flow<PeerVerified | PeerUnverified | undefined> {
  try {
    const judged = yield* settle(chainVerifier.verify({ ...request, serverName: hostname }));
    return judged.kind === 'unverified' && isNameMismatch(judged.error) ? undefined : judged;
  } catch (error) {
    if (isNameMismatch(error)) return undefined;
    throw error;
  }
}

function isNameMismatch(error: unknown): boolean {
  return error instanceof CertificateInvalid && error.reason === 'name_mismatch';
}

/** The check may be the application's: what it throws is the error of the connection. */
function askForMismatch(
  { hostname, checkServerIdentity: check }: IdentityOptions,
  path: readonly Uint8Array[],
): Error | undefined {
  try {
    return check(hostname, describeChain(path) as DetailedPeerCertificate);
  } catch (thrown) {
    throw callbackFailed('checkServerIdentity', thrown);
  }
}
