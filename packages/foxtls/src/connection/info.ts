/**
 * The facts of an established connection under their names.
 */

import { cipherSuiteName } from '../core/registry/cipher-suites.ts';
import { namedGroupName } from '../core/registry/named-groups.ts';
import { signatureSchemeName } from '../core/registry/signature-schemes.ts';
import { srtpProtectionProfileName } from '../core/registry/srtp-protection-profiles.ts';
import type { Established } from '../protocol/handshake/established.ts';
import { type ProtocolVariant, TLS, versionTitle } from '../protocol/handshake/variant.ts';
import type { ConnectionInfo } from './connection.ts';

export function connectionInfo(established: Established, variant: ProtocolVariant = TLS): ConnectionInfo {
  const { suite, group, signatureScheme, clientSignatureScheme } = established;
  return {
    version: versionTitle(variant, established.version),
    extendedMasterSecret: established.extendedMasterSecret,
    suite: { id: suite.id, name: cipherSuiteName(suite.id) ?? suite.name },
    group: named(group, namedGroupName),
    signatureScheme: named(signatureScheme, signatureSchemeName),
    clientSignatureScheme: named(clientSignatureScheme, signatureSchemeName),
    helloRetryRequest: established.helloRetryRequest === true,
    secureRenegotiation: established.version === 'TLSv1.3' || established.secureRenegotiation === true,
    certificateRequest: established.certificateRequest,
    serverName: established.serverName,
    alpnProtocol: established.alpnProtocol,
    maxFragmentLength: established.maxFragmentLength,
    srtpProfile: named(established.srtpProfile, srtpProtectionProfileName),
    heartbeatMode: established.heartbeat?.theirs,
    resumed: established.resumed,
    ticketAgeSkew: established.ticketAgeSkew,
    expectedTickets: established.expectedTickets,
    peer: established.peer,
    ocspResponse: established.ocspResponse,
    signedCertificateTimestamps: established.signedCertificateTimestamps,
    localCertificates: established.localCertificates,
    localRawPublicKey: established.localRawPublicKey,
    clientFinished: established.clientFinished,
    serverFinished: established.serverFinished,
    sharedSignatureSchemes: established.sharedSignatureSchemes,
  };
}

function named(id: number | undefined, nameOf: (id: number) => string | undefined): { id: number; name: string } | undefined {
  return id === undefined ? undefined : { id, name: nameOf(id) ?? `0x${id.toString(16)}` };
}
