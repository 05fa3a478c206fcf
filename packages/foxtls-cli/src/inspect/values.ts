/** What the fields of messages say: IANA's names for numbers, text for what is text, certificates in a line. */

import {
  CERTIFICATE_STATUS_TYPES,
  CERTIFICATE_TYPES,
  CLIENT_CERTIFICATE_TYPES,
  COMPRESSION_METHODS,
  cipherSuiteName,
  EC_CURVE_TYPES,
  EC_POINT_FORMATS,
  extensionTypeName,
  HEARTBEAT_MODES,
  HELLO_RETRY_REQUEST_RANDOM,
  isGrease,
  namedGroupName,
  PSK_KEY_EXCHANGE_MODES,
  protocolVersionName,
  SERVER_NAME_TYPES,
  signatureSchemeName,
  srtpProtectionProfileName,
} from 'foxtls/messages';
import { Name, parseCertificate } from 'foxtls/x509';
import { publicKeyInfoText } from '../cert/text/key-text.ts';
import { formatName } from '../cert/text/value-text.ts';
import { printable } from '../command/printable.ts';
import { bytesText } from './node.ts';

type Format = (value: unknown) => string;

/** `TLS_AES_128_GCM_SHA256 (0x1301)`; GREASE and numbers without a name are called so. */
function coded(nameOf: (code: number) => string | undefined, digits: number): Format {
  return (value) => {
    if (typeof value !== 'number') return plainText(value);
    const name = nameOf(value) ?? (digits === 4 && isGrease(value) ? 'GREASE (reserved)' : 'unknown');
    return `${name} (0x${value.toString(16).padStart(digits, '0')})`;
  };
}

/** By a table `name → number`; of bytes, each. */
function named(table: Readonly<Record<string, number>>): Format {
  const nameOf = (code: number) => Object.keys(table).find((name) => table[name] === code);
  const one = coded(nameOf, 2);
  return (value) => (value instanceof Uint8Array ? Array.from(value, one).join(', ') : one(value));
}

const version = coded(protocolVersionName, 4);
const suite = coded(cipherSuiteName, 4);
const group = coded(namedGroupName, 4);
const scheme = coded(signatureSchemeName, 4);
const certificateType = named(CERTIFICATE_TYPES);
const compression = named(COMPRESSION_METHODS);
const text: Format = (value) => quoted(value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value));

/** By the name of the field, which is that of the extension where an extension is nothing but a value. */
const FORMATS: Readonly<Record<string, Format>> = {
  legacyVersion: version,
  serverVersion: version,
  supported_versions: version,
  random: (value) => (isRetryRandom(value) ? 'the mark of a HelloRetryRequest' : plainText(value)),
  cipherSuites: suite,
  cipherSuite: suite,
  legacyCompressionMethods: compression,
  legacyCompressionMethod: compression,
  type: coded(extensionTypeName, 4),
  supported_groups: group,
  group,
  namedCurve: group,
  key_share: group,
  algorithm: scheme,
  signature_algorithms: scheme,
  signature_algorithms_cert: scheme,
  supportedSignatureAlgorithms: scheme,
  psk_key_exchange_modes: named(PSK_KEY_EXCHANGE_MODES),
  ec_point_formats: named(EC_POINT_FORMATS),
  curveType: named(EC_CURVE_TYPES),
  heartbeat: named(HEARTBEAT_MODES),
  max_fragment_length: (value) => `at most ${2 ** (8 + Number(value))} bytes (${value})`,
  client_certificate_type: certificateType,
  server_certificate_type: certificateType,
  certificateTypes: named(CLIENT_CERTIFICATE_TYPES),
  status_type: named(CERTIFICATE_STATUS_TYPES),
  statusType: named(CERTIFICATE_STATUS_TYPES),
  nameType: named(SERVER_NAME_TYPES),
  name: text,
  profiles: coded(srtpProtectionProfileName, 4),
  profile: coded(srtpProtectionProfileName, 4),
  certData: certificateText,
  certificateList: certificateText,
  certificateAuthorities: nameText,
  certificate_authorities: nameText,
  ticketLifetime: (value) => `${value} s`,
};

/** What a field says. `name` is its last name, without numbers behind it. */
export function valueText(name: string, value: unknown): string {
  return Object.hasOwn(FORMATS, name) ? (FORMATS[name] as Format)(value) : plainText(value);
}

function plainText(value: unknown): string {
  if (value instanceof Uint8Array) return value.length === 0 ? 'empty' : bytesText(value.length);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return '';
}

export function quoted(value: string): string {
  return JSON.stringify(printable(value));
}

function isRetryRandom(value: unknown): boolean {
  return value instanceof Uint8Array && Buffer.from(value).equals(Buffer.from(HELLO_RETRY_REQUEST_RANDOM));
}

/** Of a certificate, what one wants to know first. */
function certificateText(value: unknown): string {
  if (!(value instanceof Uint8Array)) return '';
  try {
    const { subject, issuer, validFrom, validTo, publicKey } = parseCertificate(value);
    const day = (date: Date) => date.toISOString().slice(0, 10);
    const [, ...lines] = publicKeyInfoText(publicKey);
    const find = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.[1]).find((match) => match !== undefined);
    const key = find(/ASN1 OID: (\S+)/) ?? find(/Public-Key: \((\d+ bit)\)/);
    const who = `${printable(formatName(subject)) || 'nobody'}, issued by ${printable(formatName(issuer)) || 'nobody'}`;
    return `certificate of ${who}, ${day(validFrom)} to ${day(validTo)}${key === undefined ? '' : `, key of ${key}`} (${bytesText(value.length)})`;
  } catch {
    return `no certificate that can be read (${bytesText(value.length)})`;
  }
}

function nameText(value: unknown): string {
  if (!(value instanceof Uint8Array)) return '';
  try {
    return printable(formatName(new Name(value)));
  } catch {
    return plainText(value);
  }
}
