/**
 * What openssl s_client prints of a connection, line by line in its order: the chain, the server's certificate, what was agreed on, the session.
 */

import type { ConnectionInfo } from 'foxtls';
import { formatPem } from 'foxtls/asn1';
import { signatureSchemeName } from 'foxtls/messages';
import { type Certificate, Name, parseCertificate } from 'foxtls/x509';
import { formatName, formatTime } from '../cert/text/value-text.ts';
import { printable } from '../command/printable.ts';
import { hexDump } from '../openssl/hex-dump.ts';
import { groupWords, keyWords, listedScheme, schemeWords, signatureWords } from '../openssl/key-words.ts';
import { OK, type VerifyError } from '../openssl/verify-errors.ts';
import { idOfTicket, type Ticket } from './messages.ts';

export interface SessionFacts {
  readonly version: string;
  readonly cipher: string;
  /** That of a ServerHello of TLS 1.2. */
  readonly id: Uint8Array;
  readonly ticket: Ticket | undefined;
  readonly start: Date;
  readonly extendedMasterSecret: boolean;
}

export interface ConnectionFacts {
  /** As presented, DER, end entity first; before anybody has judged them. */
  readonly certificates: readonly Uint8Array[];
  /** Undefined when there was no handshake. */
  readonly info: ConnectionInfo | undefined;
  /** OpenSSL's name of the suite. */
  readonly cipher: string;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly verifyError: VerifyError;
  readonly session: SessionFacts | undefined;
  readonly showCertificates: boolean;
  /** What the server says of points, of TLS 1.2. */
  readonly pointFormats: readonly string[];
  /** The name that was checked. */
  readonly verifyName: string | undefined;
}

const LINE = '---';

/** All of it. */
export function summaryLines(facts: ConnectionFacts): string[] {
  const { info, bytesRead, bytesWritten } = facts;
  return [
    LINE,
    ...chainLines(facts),
    ...serverLines(facts),
    LINE,
    ...authorityLines(info),
    ...peerKeyLines(info),
    LINE,
    `SSL handshake has read ${bytesRead} bytes and written ${bytesWritten} bytes`,
    ...verdictLines(facts),
    LINE,
    ...agreedLines(facts),
    LINE,
  ];
}

/** With `-brief`. */
export function briefLines(facts: ConnectionFacts): string[] {
  const { certificates, info, cipher } = facts;
  const [leaf] = certificates.flatMap(readable);
  const scheme = info?.signatureScheme && schemeWords(info.signatureScheme.name);
  return [
    'CONNECTION ESTABLISHED',
    `Protocol version: ${info?.version}`,
    `Ciphersuite: ${cipher}`,
    ...(leaf === undefined ? [] : [`Peer certificate: ${formatName(leaf.subject)}`]),
    ...(scheme?.digest === undefined ? [] : [`Hash used: ${scheme.digest}`]),
    ...(scheme === undefined ? [] : [`Signature type: ${scheme.type}`]),
    ...verdictLines(facts),
    ...(facts.pointFormats.length === 0 ? [] : [`Supported Elliptic Curve Point Formats: ${facts.pointFormats.join(':')}`]),
    ...temporaryKeyLines(info),
    ...(info?.alpnProtocol === undefined ? [] : [`ALPN protocol: ${printable(info.alpnProtocol)}`]),
  ];
}

function verdictLines({ verifyError, verifyName, certificates }: ConnectionFacts): string[] {
  if (verifyError.number !== 0) return [`Verification error: ${verifyError.words}`];
  const [leaf] = certificates.flatMap(readable);
  const name = verifyName?.toLowerCase();
  const parent = name?.replace(/^[^.]*/, '*');
  const matched = leaf?.dnsNames.find((written) => [name, parent].includes(written.toLowerCase()));
  return ['Verification: OK', ...(matched === undefined ? [] : [`Verified peername: ${printable(matched)}`])];
}

function chainLines({ certificates, showCertificates, info }: ConnectionFacts): string[] {
  if (certificates.length === 0 || info?.resumed) return [];
  const described = certificates.flatMap((der, i) => {
    const pem = showCertificates ? formatPem('CERTIFICATE', der).trimEnd().split('\n') : [];
    const [certificate] = readable(der);
    if (certificate === undefined) return [`${String(i).padStart(2)} (cannot be read)`, ...pem];
    const key = keyWords(certificate.keyType);
    const algorithm = signatureWords(certificate.signatureAlgorithm);
    return [
      `${String(i).padStart(2)} s:${formatName(certificate.subject)}`,
      `   i:${formatName(certificate.issuer)}`,
      `   a:PKEY: ${key?.name ?? 'unknown'}, ${key?.bits ?? 0} (bit); sigalg: ${algorithm}`,
      `   v:NotBefore: ${formatTime(certificate.validFrom)}; NotAfter: ${formatTime(certificate.validTo)}`,
      ...pem,
    ];
  });
  return ['Certificate chain', ...described, LINE];
}

function serverLines({ certificates, showCertificates, info }: ConnectionFacts): string[] {
  const [der] = certificates;
  if (info === undefined || der === undefined) return ['no peer certificate available'];
  const [leaf] = readable(der);
  if (leaf === undefined) return ['Server certificate', '(cannot be read)'];
  return [
    'Server certificate',
    ...(showCertificates && !info.resumed ? [] : formatPem('CERTIFICATE', der).trimEnd().split('\n')),
    `subject=${formatName(leaf.subject)}`,
    `issuer=${formatName(leaf.issuer)}`,
  ];
}

function authorityLines(info: ConnectionInfo | undefined): string[] {
  const request = info?.certificateRequest;
  if (request === undefined) return ['No client certificate CA names sent'];
  const names = request.authorities.map((der) => formatName(new Name(der)));
  const schemes = request.signatureSchemes.map((id) =>
    listedScheme(signatureSchemeName(id) ?? `0x${id.toString(16).padStart(4, '0')}`),
  );
  return [
    ...(names.length === 0 ? ['No client certificate CA names sent'] : ['Acceptable client certificate CA names', ...names]),
    ...(schemes.length === 0 ? [] : [`Requested Signature Algorithms: ${schemes.join(':')}`]),
  ];
}

function peerKeyLines(info: ConnectionInfo | undefined): string[] {
  const scheme = info?.signatureScheme && schemeWords(info.signatureScheme.name);
  return [
    ...(scheme?.digest === undefined ? [] : [`Peer signing digest: ${scheme.digest}`]),
    ...(scheme === undefined ? [] : [`Peer signature type: ${scheme.type}`]),
    ...temporaryKeyLines(info),
  ];
}

function temporaryKeyLines(info: ConnectionInfo | undefined): string[] {
  return info?.group === undefined ? [] : [`Server Temp Key: ${groupWords(info.group.name)}`];
}

function agreedLines(facts: ConnectionFacts): string[] {
  const { info, cipher, certificates, session, verifyError } = facts;
  const [leaf] = certificates.flatMap(readable);
  const key = info && keyWords(leaf?.keyType);
  const isTls13 = info === undefined || info.version.endsWith('v1.3');
  const alpn = info?.alpnProtocol;
  return [
    `${info?.resumed ? 'Reused' : 'New'}, ${info?.version ?? '(NONE)'}, Cipher is ${info === undefined ? '(NONE)' : cipher}`,
    ...(key === undefined ? [] : [`Server public key is ${key.bits} bit`]),
    `Secure Renegotiation IS ${!isTls13 && info?.secureRenegotiation ? '' : 'NOT '}supported`,
    'Compression: NONE',
    'Expansion: NONE',
    alpn === undefined ? 'No ALPN negotiated' : `ALPN protocol: ${printable(alpn)}`,
    ...(isTls13
      ? ['Early data was not sent', `Verify return code: ${verifyError.number} (${verifyError.words})`]
      : session === undefined
        ? []
        : sessionLines(session, verifyError)),
  ];
}

/** The block of a session. Its secret is left out: whoever wants it has `-keylogfile`. */
export function sessionLines(
  { version, cipher, id, ticket, start, extendedMasterSecret }: SessionFacts,
  verifyError: VerifyError = OK,
): string[] {
  const isTls13 = version.endsWith('v1.3');
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
  return [
    'SSL-Session:',
    `    Protocol  : ${version}`,
    `    Cipher    : ${cipher}`,
    `    Session-ID: ${hex(ticket === undefined ? id : idOfTicket(ticket))}`,
    '    Session-ID-ctx: ',
    `    ${isTls13 ? 'Resumption PSK' : 'Master-Key'}: (not shown: -keylogfile writes secrets)`,
    '    PSK identity: None',
    '    PSK identity hint: None',
    '    SRP username: None',
    ...(ticket === undefined
      ? []
      : [
          `    TLS session ticket lifetime hint: ${ticket.lifetime} (seconds)`,
          '    TLS session ticket:',
          ...hexDump(ticket.ticket, '    '),
          '',
        ]),
    `    Start Time: ${Math.floor(start.getTime() / 1000)}`,
    ...(ticket === undefined ? [] : [`    Timeout   : ${ticket.lifetime} (sec)`]),
    `    Verify return code: ${verifyError.number} (${verifyError.words})`,
    `    Extended master secret: ${extendedMasterSecret && !isTls13 ? 'yes' : 'no'}`,
    ...(isTls13 ? [`    Max Early Data: ${ticket?.maxEarlyData ?? 0}`] : []),
  ];
}

function readable(der: Uint8Array): Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch {
    return [];
  }
}
