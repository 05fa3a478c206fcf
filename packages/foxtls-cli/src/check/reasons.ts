/** Why handshakes and certificates fail, in words for people, and what to do about it: for each of the library's reasons one entry. */

import {
  AlertReceived,
  CertificateInvalid,
  type CertificateReason,
  ConnectionLost,
  PeerIncompatible,
  PeerMisbehaved,
  type TlsError,
} from 'foxtls';

export interface Why {
  readonly cause: string;
  readonly cure: string;
}

const RENEW = "renew the certificate, and have the server load the new one (foxtls cert show tells a file's dates)";
const REISSUE = 'have a new certificate issued';

/** What is wrong with the path to a trusted root. */
export const CERTIFICATE_REASONS: Readonly<Record<CertificateReason, Why>> = {
  malformed: {
    cause: 'a certificate cannot be read',
    cure: 'install the file again as its issuer gave it, and look at it with foxtls cert show',
  },
  signature_invalid: {
    cause: 'a certificate was changed, or is not of the issuer that it names',
    cure: `${REISSUE}, and install it unchanged`,
  },
  signature_algorithm_unsupported: {
    cause: 'it is signed in a way that clients do not know',
    cure: `${REISSUE}, signed with SHA-256`,
  },
  signature_algorithm_weak: {
    cause: 'it is signed with MD5 or SHA-1, whose collisions can be made',
    cure: `${REISSUE}, signed with SHA-256`,
  },
  key_unsupported: {
    cause: 'its key is of a kind that clients do not take',
    cure: `${REISSUE} for a key of ECDSA P-256 or RSA 2048`,
  },
  key_too_small: {
    cause: 'its key is so small that it can be broken',
    cure: `${REISSUE} for a new key of RSA 2048 or ECDSA P-256`,
  },
  expired: { cause: 'a certificate is no longer valid', cure: RENEW },
  not_yet_valid: {
    cause: 'a certificate is not valid yet',
    cure: 'set the clocks of the issuer and of this machine right, or wait',
  },
  revoked: { cause: 'its issuer has taken it back', cure: `${REISSUE} for a new key: the old one may be known to others` },
  revocation_unknown: {
    cause: 'nobody says whether it is revoked',
    cure: 'see that the responder and the CRL that it names can be reached',
  },
  staple_missing: {
    cause: 'it demands a stapled OCSP response, and the server sends none',
    cure: 'switch OCSP stapling on in the server',
  },
  staple_invalid: {
    cause: 'the OCSP response that the server staples is wrong or old',
    cure: 'see that the server can reach its responder, and that it fetches responses anew',
  },
  issuer_unknown: {
    cause:
      'no certificate that was sent leads to a root that is trusted: an intermediate one is missing, or the root is not known here',
    cure: 'have the server send its whole chain without the root; if the authority is your own, give its root with --ca',
  },
  self_signed_leaf: {
    cause: 'the certificate vouches for itself: nobody whom clients trust does',
    cure: 'have one issued by an authority that clients trust (ACME costs nothing), or trust this one on purpose: --ca FILE',
  },
  self_signed_in_chain: {
    cause: 'the chain ends in a root that is not trusted here',
    cure: 'if the authority is your own, give its root with --ca FILE, and install it on clients; else have a certificate issued by a public one',
  },
  issuer_not_ca: { cause: 'who issued it may issue none', cure: `${REISSUE} by an authority` },
  path_too_long: {
    cause: 'there are more authorities between than one of them allows',
    cure: `${REISSUE} by an authority further up`,
  },
  key_usage_missing: { cause: 'its key is for other things than this', cure: `${REISSUE} with the keyUsage digitalSignature` },
  extended_key_usage_missing: { cause: 'it is not for servers', cure: `${REISSUE} with the extended key usage serverAuth` },
  critical_extension_unknown: { cause: 'it has a critical extension that clients do not know', cure: `${REISSUE} without it` },
  name_mismatch: {
    cause: 'it is for other names',
    cure: 'ask for one of its names, or have a certificate issued that has this one too',
  },
  name_constraint_violated: { cause: 'its authority may not issue for this name', cure: `${REISSUE} by another authority` },
  key_untrusted: {
    cause: 'its key is not one of those that are pinned',
    cure: 'compare the key with the pin: one of them was changed',
  },
  policy_violated: { cause: 'it lacks a certificate policy that is wanted', cure: `${REISSUE} with it` },
  profile_violated: { cause: 'it is not written as RFC 5280 has it', cure: REISSUE },
  budget_exceeded: { cause: 'finding a path took too much work', cure: 'send the chain alone, and no other certificates' },
  rejected_by_application: { cause: 'the program refused it', cure: 'ask the program' },
  none_presented: { cause: 'the server has no certificate', cure: 'give it one' },
};

const ALERTS: Readonly<Record<string, Why>> = {
  handshake_failure: {
    cause: 'the server found nothing that both have: suites, groups or signatures',
    cure: 'switch suites with ECDHE and AES-GCM on in the server, and a group as x25519',
  },
  protocol_version: {
    cause: 'the server does not speak the versions that were offered',
    cure: 'switch TLS 1.2 and 1.3 on in the server',
  },
  insufficient_security: { cause: 'the server wants stronger suites or groups than were offered', cure: 'look at its settings' },
  unrecognized_name: {
    cause: 'the server knows no host of this name',
    cure: 'ask for a name that it serves (--name), or add the name to its settings',
  },
  certificate_required: {
    cause: 'the server wants a certificate of its clients',
    cure: 'clients have to show one: --cert and --key',
  },
  internal_error: {
    cause: 'something failed inside the server',
    cure: 'read its log: often a key does not fit its certificate, or cannot be read',
  },
  no_application_protocol: {
    cause: 'the server speaks none of the application protocols that were offered',
    cure: 'look at its ALPN settings',
  },
  inappropriate_fallback: { cause: 'the server speaks a newer version than was offered', cure: 'offer it' },
  decode_error: {
    cause: 'the server cannot read our hello, or somebody between changes it',
    cure: 'try from another network; an old server may have to be updated',
  },
  access_denied: { cause: 'the server lets us not in', cure: 'look at its settings for clients and names' },
  decrypt_error: {
    cause: 'a signature or a Finished was wrong: somebody between may have changed the handshake',
    cure: 'try from another network',
  },
};

/** Why a handshake failed. */
export function explainError(error: TlsError): Why {
  if (error instanceof CertificateInvalid) return CERTIFICATE_REASONS[error.reason];
  if (error instanceof AlertReceived) {
    return (
      ALERTS[error.description] ?? {
        cause: `the server refused with the alert ${error.description}`,
        cure: "read the server's log",
      }
    );
  }
  if (error instanceof PeerIncompatible) {
    const what = error.subject.replaceAll('_', ' ');
    return {
      cause: `the server chose a ${what} that a careful client does not take`,
      cure: `switch a better ${what} on in the server`,
    };
  }
  if (error instanceof PeerMisbehaved) {
    if (error.reason === 'dh_prime_too_short')
      return {
        cause: 'the Diffie-Hellman group of the server is too small',
        cure: 'give the server a group of 2048 bits, or ECDHE',
      };
    return { cause: `the server breaks a rule of TLS (${error.message})`, cure: 'update the server; try from another network' };
  }
  if (error instanceof ConnectionLost)
    return {
      cause: 'the connection ended in the middle of the handshake',
      cure: "read the server's log; something between may cut connections",
    };
  return { cause: error.message, cure: 'look at the server' };
}
