/**
 * A connection over datagrams put into bytes, and one made of them that goes on: see connected-state.ts.
 */

import { concat, EMPTY, packed } from '../core/bytes/bytes.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import { HEARTBEAT_MODES } from '../core/registry/hello-codes.ts';
import type { VersionName } from '../core/registry/protocol-versions.ts';
import { type Established, ofOneShape } from '../protocol/handshake/established.ts';
import { deriveProtections } from '../protocol/handshake/tls12/agreement.ts';
import { DTLS, versionNumber } from '../protocol/handshake/variant.ts';
import { tls12Version } from '../protocol/handshake/versions.ts';
import { MasterSecret } from '../protocol/keys/tls12-key-schedule.ts';
import { agreedHeartbeat } from '../protocol/negotiate/heartbeat.ts';
import { maxFragmentLengthCode, maxFragmentLengthOf } from '../protocol/negotiate/max-fragment-length.ts';
import { connectionIdPseudoHeader } from '../protocol/record/pseudo-header.ts';
import { Tls13Protection } from '../protocol/record/tls13-protection.ts';
import { describeIdentity, readIdentity } from '../protocol/session/ticket-state.ts';
import type { TransportProtections, TransportState } from '../transport/dtls/transport-state.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import { type ConnectedState, noState, readConnectedState, writeConnectedState } from './connected-state.ts';

type Role = 'client' | 'server';

const ROLES: readonly Role[] = ['client', 'server'];
const RANDOM_SIZE = 32;

/** Throws `ApiMisuse` (`ERR_TLS_NO_EXTENDED_MASTER_SECRET`) for a connection whose keys can't be derived again. */
export function describeConnection(role: Role, established: Established, transport: TransportState): Uint8Array {
  const { exporter, heartbeat, maxFragmentLength } = established;
  if (exporter === undefined) {
    const problem = 'a connection without extended_master_secret keeps nothing that it could go on from';
    throw new ApiMisuse('ERR_TLS_NO_EXTENDED_MASTER_SECRET', problem);
  }
  const { clientIdentity, clientCertificates } = describeIdentity(established.peer);
  return writeConnectedState({
    ...transport,
    role: ROLES.indexOf(role),
    version: versionNumber(DTLS, established.version),
    suite: established.suite.id,
    flags: {
      extendedMasterSecret: established.extendedMasterSecret,
      macThenEncrypt: established.macThenEncrypt === true,
      resumed: established.resumed,
      secureRenegotiation: established.secureRenegotiation === true,
    },
    group: established.group,
    signatureScheme: established.signatureScheme,
    srtpProfile: established.srtpProfile,
    maxFragmentLength: maxFragmentLength === undefined ? 0 : maxFragmentLengthCode(maxFragmentLength),
    heartbeatOurs: heartbeat === undefined ? 0 : HEARTBEAT_MODES[heartbeat.ours],
    heartbeatTheirs: heartbeat === undefined ? 0 : HEARTBEAT_MODES[heartbeat.theirs],
    serverName: established.serverName,
    alpnProtocol: established.alpnProtocol,
    peerIdentity: clientIdentity,
    peerCertificates: clientCertificates,
    serverEndPoint: established.serverEndPoint,
    clientFinished: established.clientFinished,
    serverFinished: established.serverFinished,
    exporterSecret: exporter.secret,
    randoms: exporter.kind === 'prf' ? concat(exporter.randoms.client, exporter.randoms.server) : EMPTY,
    resumptionSecret: established.resumptionSecret,
  });
}

/** Everything that a connection goes on with. */
export interface Continued {
  readonly established: Established;
  readonly version: VersionName;
  readonly transport: TransportState;
  readonly protections: TransportProtections;
}

/** Throws `ApiMisuse` (`ERR_TLS_STATE`): no state, of another role or release, or of a version or suite that the config does not have. */
export function readContinued(config: ClientConfig | ServerConfig, bytes: Uint8Array): Continued {
  const state = readConnectedState(bytes);
  if (ROLES[state.role] !== config.role) throw noState(`it is a ${ROLES[state.role]}'s`);
  const version = config.versions.find((name) => DTLS.versions[name] === state.version);
  if (version === undefined) throw noState(`its version 0x${state.version.toString(16)} is not one of the config`);
  return version === 'TLSv1.3' ? continueTls13(config, state) : continueTls12(config, state, version);
}

function continueTls13(config: ClientConfig | ServerConfig, state: ConnectedState): Continued {
  const suite = config.suites.find(({ id }) => id === state.suite);
  const { read, write, exporterSecret } = state;
  if (suite === undefined) throw noSuite(state);
  if (read.secret === undefined || write.secret === undefined || exporterSecret === undefined) throw noState('it has no secrets');
  const protectionOf = (secret: Uint8Array) => new Tls13Protection(suite, DTLS.labelPrefix, secret.slice());
  return {
    version: 'TLSv1.3',
    established: ofOneShape({
      ...factsOf(state),
      ...{ version: 'TLSv1.3', suite, exporter: { kind: 'hkdf', secret: exporterSecret.slice() } },
    }),
    transport: state,
    protections: { read: protectionOf(read.secret), write: protectionOf(write.secret) },
  };
}

function continueTls12(
  config: ClientConfig | ServerConfig,
  state: ConnectedState,
  name: Exclude<VersionName, 'TLSv1.3'>,
): Continued {
  const suite = config.tls12Suites.find(({ id }) => id === state.suite);
  const { exporterSecret, randoms: both } = state;
  if (suite === undefined) throw noSuite(state);
  if (exporterSecret === undefined || both.length !== 2 * RANDOM_SIZE) throw noState('it has no secrets');
  const version = tls12Version(config, name);
  const [client, server] = packed(both.subarray(0, RANDOM_SIZE), both.subarray(RANDOM_SIZE));
  const randoms = { client, server };
  const prf = version.prf(suite);
  const secret = exporterSecret.slice();
  const encryptThenMac = suite.cipher.isBlockCipher && !state.flags.macThenEncrypt;
  const pseudoHeaders = {
    read: pseudoHeaderOf(state.receiveConnectionId),
    write: pseudoHeaderOf(state.sendConnectionId),
  };
  const agreement = { role: config.role, version, suite, randoms, encryptThenMac };
  return {
    version: name,
    established: ofOneShape({ ...factsOf(state), version: name, suite, exporter: { kind: 'prf', prf, secret, randoms } }),
    transport: state,
    protections: deriveProtections(agreement, new MasterSecret(prf, secret), pseudoHeaders),
  };
}

function pseudoHeaderOf(id: Uint8Array) {
  return id.length === 0 ? undefined : connectionIdPseudoHeader(id.length);
}

function noSuite({ suite }: ConnectedState): ApiMisuse {
  return noState(`its cipher suite 0x${suite.toString(16)} is not one of the config`);
}

function factsOf(state: ConnectedState) {
  const { flags, heartbeatOurs, heartbeatTheirs } = state;
  const ours = heartbeatOurs === HEARTBEAT_MODES.peer_allowed_to_send ? 'peer_allowed_to_send' : 'peer_not_allowed_to_send';
  return {
    extendedMasterSecret: flags.extendedMasterSecret,
    macThenEncrypt: flags.macThenEncrypt,
    secureRenegotiation: flags.secureRenegotiation,
    resumed: flags.resumed,
    group: state.group,
    signatureScheme: state.signatureScheme,
    srtpProfile: state.srtpProfile,
    maxFragmentLength: maxFragmentLengthOf(state.maxFragmentLength),
    heartbeat: heartbeatOurs === 0 ? undefined : agreedHeartbeat(ours, heartbeatTheirs),
    serverName: state.serverName,
    alpnProtocol: state.alpnProtocol,
    peer: readIdentity(state.peerIdentity, state.peerCertificates),
    serverEndPoint: state.serverEndPoint,
    clientFinished: state.clientFinished,
    serverFinished: state.serverFinished,
    resumptionSecret: state.resumptionSecret?.slice(),
    ticketAgeSkew: undefined,
    expectedTickets: undefined,
    ocspResponse: undefined,
    signedCertificateTimestamps: undefined,
    localCertificates: [],
    localRawPublicKey: undefined,
    sharedSignatureSchemes: [],
    session: undefined,
  };
}
