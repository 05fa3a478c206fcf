/**
 * Rules of docs/alerts.md that no test asserts, each with the reason.
 */

const NO_EARLY_DATA = 'foxtls neither sends nor accepts early data';
const ACCEPTED_EARLY_DATA = `${NO_EARLY_DATA}: what a client sends is skipped (test/misbehaving/early-data)`;
const NO_COMPRESSION = 'foxtls has no compression';
const NO_OLD_RENEGOTIATION =
  'foxtls renegotiates only with who binds it by renegotiation_info, and refuses others by no_renegotiation';
const NO_SRTP_PACKETS = 'about packets of SRTP, which are the application’s';
const NO_CERTIFICATE_URL = 'foxtls does not have client_certificate_url';
const DISCARDS =
  'another choice, which it leaves: invalid records are discarded without an alert, and counted (test/misbehaving-dtls)';
const NO_WRAP =
  'an epoch is not wrapped in the life of a connection: foxtls counts to 2^48 and does not renegotiate over datagrams';
const BEARS_LEGACY = 'foxtls bears peers without extended_master_secret, and keeps no session with them';
const ONE_ALERT = 'at the sender’s discretion: foxtls says certificate_unknown when the application refuses a certificate';

/** @type {readonly import('./alert-map.mjs').UntestedRule[]} */
export const UNTESTED_RULES = [
  of(4279, '2', 'respond with a decrypt_error alert', 'MAY: foxtls says unknown_psk_identity'),
  of(5246, '6.2.2', 'it MUST report a fatal decompression failure error', NO_COMPRESSION),
  of(
    5246,
    '7.2.1',
    'It is not required for the initiator of the close to wait',
    'a leave, not a rule: test/matrix/data has both orders',
  ),
  of(5246, '7.2.1', 'MAY choose to close the transport without waiting', 'the transport is the application’s'),
  of(
    5246,
    '7.2.2',
    'MAY determine at its discretion whether to treat this as a fatal error',
    'each alert of foxtls but no_renegotiation is fatal',
  ),
  of(
    5246,
    '7.2.2',
    'If the receiving party decides not to proceed',
    'the application decides, by the event renegotiationRefused',
  ),
  of(5246, '7.2.2', 'decompression_failure The decompression function', NO_COMPRESSION),
  of(5246, '7.2.2', 'access_denied A valid certificate was received', ONE_ALERT),
  of(5746, '4.2', 'If it does, the client MUST abort the handshake', NO_OLD_RENEGOTIATION),
  of(5746, '4.4', 'If the SCSV is present', NO_OLD_RENEGOTIATION),
  of(5746, '4.4', 'extension is not present; if it is, the server MUST abort', NO_OLD_RENEGOTIATION),
  of(5764, '5.2', 'If no matching MKI is present', NO_SRTP_PACKETS),
  of(5764, '5.2', 'the packet MUST be discarded and rejected', NO_SRTP_PACKETS),
  of(6066, '3', 'NOT RECOMMENDED to send a warning-level', 'foxtls has no way to send it as a warning'),
  of(
    6066,
    '4',
    'SHOULD NOT generate record_overflow alerts unless',
    'over datagrams what is too large is discarded (RFC 8449 §4)',
  ),
  of(6066, '5', 'with a bad_certificate_hash_value(114) alert', NO_CERTIFICATE_URL),
  of(6066, '5', 'it MUST send a fatal certificate_unobtainable(111) alert', NO_CERTIFICATE_URL),
  of(6066, '10.1', 'not strictly PKIX-conformant must be rejected', 'about pkiPath, which is of client_certificate_url'),
  of(6347, '4.1', 'MUST NOT allow the epoch to wrap', NO_WRAP),
  of(6347, '4.1.2.1', 'it MUST generate a bad_record_mac alert', DISCARDS),
  of(6347, '4.1.2.7', 'MUST generate fatal level alerts', DISCARDS),
  of(
    6347,
    '4.2.7',
    'SHOULD detect when a peer is persistently sending bad messages',
    'test/dtls has its limits; forged records end nothing before the limit of the AEAD',
  ),
  of(
    6347,
    '5',
    'SHOULD NOT respond to invalid records by terminating the connection',
    'each row of test/misbehaving-dtls/records goes on with the connection',
  ),
  of(7366, '3', 'a fatal bad_record_mac MAY be generated', DISCARDS),
  of(
    7465,
    '2',
    'MAY send the insufficient_security fatal alert',
    'MAY: foxtls says handshake_failure, as where no suite is common',
  ),
  of(
    7507,
    '4',
    'may receive an inappropriate_fallback alert in response',
    'about clients that fall back: foxtls does so only when the application asks for it',
  ),
  of(7507, '4', 'keeps track of the highest protocol version', 'foxtls keeps no such track'),
  of(7627, '5.2', 'If the server receives a ClientHello without the extension', BEARS_LEGACY),
  of(7627, '5.2', 'If a client receives a ServerHello without the extension', BEARS_LEGACY),
  of(7627, '5.3', 'If neither the original session nor the new ClientHello', BEARS_LEGACY),
  of(7627, '5.3', 'If the original session did not use', BEARS_LEGACY),
  of(
    8446,
    '4.2.5',
    'or abort the handshake with an unsupported_certificate alert',
    'MAY: foxtls as a server sends no oid_filters',
  ),
  of(8446, '4.2.10', 'the server SHOULD proceed with the handshake but reject 0-RTT', ACCEPTED_EARLY_DATA),
  of(8446, '4.2.10', 'following an accepted early_data extension', ACCEPTED_EARLY_DATA),
  of(8446, '4.2.11', 'If any other value is returned', NO_EARLY_DATA),
  of(8446, '4.6.1', 'more than max_early_data_size bytes', ACCEPTED_EARLY_DATA),
  of(8446, '6.2', 'access_denied: A valid certificate or PSK', ONE_ALERT),
  of(
    8446,
    '6.2',
    'insufficient_security: Returned instead of',
    'never the reason: foxtls has no suite or group of TLS 1.3 that it would call insecure',
  ),
  of(8446, '8.2', 'it either aborts the handshake with an illegal_parameter alert', NO_EARLY_DATA),
  of(8446, '8.2', 'MUST respond to apparent replay by rejecting 0-RTT', NO_EARLY_DATA),
  of(8446, '8.2', 'When implementations are freshly started', NO_EARLY_DATA),
  of(
    8446,
    '9.2',
    'a ClientHello lacking a server_name extension',
    'SHOULD, of servers that require it: the application does, by selectConfig',
  ),
  of(8446, 'E.5', 'MUST NOT automatically resend 0-RTT data', NO_EARLY_DATA),
  of(8449, '4', 'A client MAY abort the handshake', 'MAY: foxtls bears it (test/misbehaving/tolerated)'),
  of(
    9146,
    '8',
    'SHOULD refuse to use CIDs in DTLS 1.2',
    'about deployments: connection IDs are used only where they are asked for',
  ),
  of(
    9146,
    '8',
    'Implementations concerned about this aspect',
    'about deployments: connection IDs are used only where they are asked for',
  ),
  of(9147, '4.2.1', 'MUST NOT allow the epoch to wrap', NO_WRAP),
  of(9147, '4.5.2', 'MUST generate fatal alerts', DISCARDS),
  of(
    9147,
    '5.5',
    'MAY check that retransmitted bytes are identical',
    'MAY: foxtls takes the bytes that came first (test/misbehaving-dtls/fragments)',
  ),
  of(
    9147,
    '5.10',
    'SHOULD detect when a peer is persistently sending bad messages',
    'test/dtls has its limits; forged records end nothing before the limit of the AEAD',
  ),
  of(9147, '6.1', 'would need to wrap the epoch value', NO_WRAP),
  of(
    9147,
    '11',
    'SHOULD NOT respond to invalid records by terminating',
    'each row of test/misbehaving-dtls/records goes on with the connection',
  ),
];

/**
 * @param {number} rfc
 * @param {string} section
 * @param {string} quote without quotation marks in it
 * @param {string} why
 */
function of(rfc, section, quote, why) {
  return { rfc, section, quote, why };
}
