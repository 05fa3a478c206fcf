/** What can be said of the certificates that a server sends, by themselves: order, what is too much, dates, keys, signatures. */

import type { Certificate, Name } from 'foxtls/x509';
import { formatName } from '../cert/text/value-text.ts';
import { printable } from '../command/printable.ts';
import { type Finding, found } from './finding.ts';
import { CERTIFICATE_REASONS } from './reasons.ts';

const DAY = 24 * 60 * 60 * 1000;
const SOON = 30;
/** What public authorities may issue at most (CA/Browser Forum, Baseline Requirements 6.3.2). */
const LONGEST = 398;
const LEAST_RSA_BITS = 2048;

export function judgeChain(chain: readonly Certificate[], now: Date): Finding[] {
  return [
    ...chain.map((certificate, i) => describe(certificate, i, now)),
    ...chain.flatMap((certificate, i) => judgeOne(certificate, i, now)),
    ...judgeOrder(chain),
  ];
}

export function nameOf({ subject, serialNumber }: Certificate): string {
  return nameText(subject) || `serial number ${serialNumber}`;
}

/** A name can have thousands of characters, and an attacker's has. */
const MAX_NAME = 200;

function nameText(name: Name): string {
  const text = printable(formatName(name));
  return text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text;
}

function describe(certificate: Certificate, i: number, now: Date): Finding {
  const { issuer, validFrom, validTo, keyType, signatureAlgorithm } = certificate;
  const day = (date: Date) => date.toISOString().slice(0, 10);
  const key =
    keyType === undefined
      ? 'unknown key'
      : 'curve' in keyType
        ? keyType.curve
        : 'bits' in keyType
          ? `${keyType.kind} ${keyType.bits}`
          : keyType.kind;
  const hash =
    signatureAlgorithm === undefined
      ? 'unknown signature'
      : 'hash' in signatureAlgorithm
        ? signatureAlgorithm.hash
        : signatureAlgorithm.kind;
  const left = Math.floor((validTo.getTime() - now.getTime()) / DAY);
  const rest = left < 0 ? '' : ` (${left} ${left === 1 ? 'day' : 'days'} left)`;
  return found(
    'chain',
    'note',
    `${i}: ${nameOf(certificate)}; issued by ${nameText(issuer) || 'nobody'}; ${day(validFrom)} to ${day(validTo)}${rest}; ${key}, ${hash}`,
  );
}

function judgeOne(certificate: Certificate, i: number, now: Date): Finding[] {
  const findings: Finding[] = [];
  const say = (level: Finding['level'], text: string, why: { cause?: string; cure?: string }) =>
    findings.push(found('chain', level, `certificate ${i} ${text}`, why));
  const { validFrom, validTo, keyType, signatureAlgorithm, isSelfIssued } = certificate;
  if (validTo < now) say('failure', `expired ${validTo.toISOString()}`, CERTIFICATE_REASONS.expired);
  else if (validTo.getTime() - now.getTime() < SOON * DAY) {
    say('warning', `expires ${validTo.toISOString()}`, { cause: `less than ${SOON} days are left`, cure: 'renew it now' });
  }
  if (validFrom > now) say('failure', `is valid from ${validFrom.toISOString()} on`, CERTIFICATE_REASONS.not_yet_valid);
  if (keyType?.kind === 'rsa' && keyType.bits < LEAST_RSA_BITS)
    say('failure', `has an RSA key of ${keyType.bits} bits`, CERTIFICATE_REASONS.key_too_small);
  // What a root signs itself with nobody relies on.
  const hash = signatureAlgorithm !== undefined && 'hash' in signatureAlgorithm ? signatureAlgorithm.hash : undefined;
  if (!isSelfIssued && (hash === 'sha1' || hash === 'md5')) {
    say('failure', `is signed with ${hash === 'md5' ? 'MD5' : 'SHA-1'}`, CERTIFICATE_REASONS.signature_algorithm_weak);
  }
  const days = Math.round((validTo.getTime() - validFrom.getTime()) / DAY);
  if (i === 0 && !isSelfIssued && days > LONGEST) {
    say('note', `is valid for ${days} days: browsers take no more than ${LONGEST} of public authorities`, {});
  }
  return findings;
}

function judgeOrder(chain: readonly Certificate[]): Finding[] {
  const findings: Finding[] = [];
  const [leaf] = chain;
  if (leaf === undefined) return findings;
  const isNext = (certificate: Certificate, i: number) =>
    i === 0 || (chain[i - 1] as Certificate).issuer.key === certificate.subject.key;
  if (!chain.every(isNext)) {
    const inOrder = follow(leaf, chain);
    const isAllUsed = inOrder.length === chain.length;
    findings.push(
      isAllUsed
        ? found('chain', 'warning', 'the certificates are out of order', {
            cause: 'each has to be followed by its issuer (TLS 1.2 demands it), and some clients look no further',
            cure: `put them in this order: ${inOrder.map((certificate) => chain.indexOf(certificate)).join(', ')}`,
          })
        : found('chain', 'warning', `certificates are sent that belong to no path: ${extras(chain, inOrder)}`, {
            cause: 'they are of another chain, or in the wrong file',
            cure: 'send the certificate of the server, and behind it each issuer, without the root',
          }),
    );
  }
  const root = chain.findIndex((certificate, i) => i > 0 && certificate.isSelfIssued);
  if (root >= 0)
    findings.push(
      found('chain', 'note', `certificate ${root} is a root: clients have it or do not trust it, so it need not be sent`),
    );
  return findings;
}

/** From the end entity from issuer to issuer, as far as it goes. */
function follow(leaf: Certificate, chain: readonly Certificate[]): Certificate[] {
  const path = [leaf];
  for (let last = leaf; path.length <= chain.length; ) {
    const issuer = chain.find((certificate) => !path.includes(certificate) && certificate.subject.key === last.issuer.key);
    if (issuer === undefined) return path;
    path.push(issuer);
    last = issuer;
  }
  return path;
}

function extras(chain: readonly Certificate[], used: readonly Certificate[]): string {
  return chain.flatMap((certificate, i) => (used.includes(certificate) ? [] : [`${i} (${nameOf(certificate)})`])).join(', ');
}
