/** What the versions and suites of a server are worth, and what is on a port that speaks no TLS. */

import { AlertReceived } from 'foxtls';
import { printable } from '../command/printable.ts';
import type { StartTlsName } from '../starttls/protocols.ts';
import { type Finding, found } from './finding.ts';
import type { Answer, Version } from './hello.ts';
import { explainError } from './reasons.ts';
import { weaknessOf } from './strength.ts';

const OLD: readonly Version[] = ['TLSv1.1', 'TLSv1'];

export function judgeVersions(answers: ReadonlyMap<Version, Answer>, starttls: StartTlsName | undefined): Finding[] {
  const spoken = [...answers].flatMap(([version, answer]) =>
    answer.kind === 'hello' && answer.version === version ? [version] : [],
  );
  if (spoken.length === 0) return [whatIsThere([...answers.values()], starttls)];
  const findings = [...answers.keys()].map((version): Finding => {
    const isSpoken = spoken.includes(version);
    if (!OLD.includes(version)) return isSpoken ? found('versions', 'ok', `${version} is spoken`) : missing(version, spoken);
    if (!isSpoken) return found('versions', 'ok', `${version} is refused`);
    return found('versions', 'warning', `${version} is spoken`, {
      cause: 'it is deprecated (RFC 8996): its handshake is proved by MD5 and SHA-1',
      cure: 'switch it off in the server, unless devices need it that know nothing else',
    });
  });
  if (spoken.every((version) => OLD.includes(version))) {
    findings.push(
      found('versions', 'failure', `only ${spoken.join(' and ')}: no client of today connects`, {
        cause: 'the server is old, or its newer versions are switched off',
        cure: 'switch TLS 1.2 and 1.3 on, or update the server',
      }),
    );
  }
  return findings;
}

function missing(version: Version, spoken: readonly Version[]): Finding {
  if (version === 'TLSv1.2' && spoken.includes('TLSv1.3'))
    return found('versions', 'note', 'TLSv1.2 is not spoken: older clients do not connect');
  const cause =
    version === 'TLSv1.3' ? 'the server is old, or it is switched off' : 'it is switched off, or there is no suite for it';
  return found('versions', 'warning', `${version} is not spoken`, { cause, cure: `switch it on in the server` });
}

/** Of a port where no version is spoken. */
function whatIsThere(answers: readonly Answer[], starttls: StartTlsName | undefined): Finding {
  const strange = answers.find((answer) => answer.kind === 'not-tls');
  if (strange !== undefined) return speaksSomethingElse(Buffer.from(strange.bytes).toString('latin1'));
  const alert = answers.find((answer) => answer.kind === 'alert');
  if (alert !== undefined) {
    const error = new AlertReceived(alert.description);
    return found('versions', 'failure', `every hello is refused with the alert ${alert.description}`, explainError(error));
  }
  if (answers.some(({ kind }) => kind === 'silent')) {
    return found('versions', 'failure', 'the server takes connections and says nothing', {
      cause:
        starttls === undefined
          ? 'it waits for other words than TLS, or is stuck, or something between swallows them'
          : 'it is stuck behind its go-ahead',
      cure: 'see what runs on this port; a mail, database or chat server may want --starttls; try from another network',
    });
  }
  return found('versions', 'failure', 'the server ends every connection where TLS begins', {
    cause: 'there is no TLS on this port, or something between cuts it',
    cure: 'see that TLS is switched on for this port; try from another network',
  });
}

function speaksSomethingElse(words: string): Finding {
  const shown = JSON.stringify(printable(words.split(/\r?\n/)[0] ?? ''));
  const say = (what: string, cure: string) =>
    found('versions', 'failure', 'this is no TLS', { cause: `${what}: it answers ${shown}`, cure });
  if (/^(HTTP\/1|<!DOCTYPE|<html)/i.test(words)) {
    return say('HTTP in clear is spoken on this port', 'use the port of HTTPS (443), or switch TLS on for this one');
  }
  if (/^SSH-/.test(words)) return say('SSH is spoken on this port', 'use the port of TLS');
  if (/^220/.test(words)) return say('a mail or file server begins in clear', 'check it with --starttls smtp or --starttls ftp');
  if (/^\* OK/.test(words)) return say('an IMAP server begins in clear', 'check it with --starttls imap');
  if (/^\+OK/.test(words)) return say('a POP3 server begins in clear', 'check it with --starttls pop3');
  if (/^.{4}\n[58]/s.test(words)) return say('a MySQL server begins in clear', 'check it with --starttls mysql');
  return say('another protocol is spoken on this port', 'see what runs there, and on which port its TLS is');
}

/** Those that careful clients offer: without them no careful client connects. */
const CAREFUL = /^TLS_(AES_(128|256)_GCM|CHACHA20)|^TLS_ECDHE_\w+_WITH_(AES_(128|256)_GCM|CHACHA20)/;

export function judgeSuites(suites: Readonly<Partial<Record<Version, readonly string[]>>>): Finding[] {
  const findings: Finding[] = [];
  const all = Object.entries(suites) as [Version, readonly string[]][];
  for (const [version, names] of all) {
    const level = names.some((name) => CAREFUL.test(name)) ? 'ok' : 'note';
    findings.push(found('suites', level, `${version}: ${names.join(', ')}`));
  }
  const known = new Map<string, Set<Version>>();
  for (const [version, names] of all) for (const name of names) known.set(name, (known.get(name) ?? new Set()).add(version));
  for (const grade of ['broken', 'weak'] as const) {
    const byReason = new Map<string, string[]>();
    for (const name of known.keys()) {
      const weakness = weaknessOf(name);
      if (weakness.grade === grade) byReason.set(weakness.why, [...(byReason.get(weakness.why) ?? []), name]);
    }
    for (const [cause, names] of byReason) {
      findings.push(
        found('suites', 'warning', `${grade}: ${names.join(', ')}`, { cause, cure: 'switch them off in the server' }),
      );
    }
  }
  if (!all.some(([version, names]) => !OLD.includes(version) && names.some((name) => CAREFUL.test(name)))) {
    findings.push(
      found('suites', 'failure', 'there is no suite that careful clients offer', {
        cause: 'only weak or old ones are switched on',
        cure: 'switch suites with ECDHE and AES-GCM or ChaCha20-Poly1305 on in the server',
      }),
    );
  }
  return findings;
}
