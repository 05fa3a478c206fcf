/** Who a certificate is for and how long it holds, as options of several commands. */

import { createGeneralName, type GeneralName, Name, parseIpAddress, parseName } from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount } from '../command/numbers.ts';

export const SUBJECT_OPTIONS = {
  subject: {
    type: 'string',
    short: 's',
    value: 'NAME',
    help: 'the subject, as CN=example.com,O=Example or /O=Example/CN=example.com',
  },
  san: {
    type: 'string',
    multiple: true,
    value: 'KIND:NAME',
    help: 'a subject alternative name: DNS:example.com, IP:192.0.2.1, email:a@example.com, URI:https://example.com; may be repeated',
  },
} as const satisfies OptionTable;

export const VALIDITY_OPTIONS = {
  days: { type: 'string', short: 'd', value: 'DAYS', help: 'how many days it is valid' },
  from: { type: 'string', value: 'DATE', help: 'valid from this day on, as 2026-11-21 or 2026-11-21T12:00:00Z (now)' },
  until: { type: 'string', value: 'DATE', help: 'valid until then, instead of --days' },
} as const satisfies OptionTable;

const SAN_KINDS = { dns: 'dns', ip: 'ip', email: 'email', uri: 'uri' } as const;

/** Names as operands are DNS names or IP addresses; `--san` says which kind. */
export function alternativeNames(operands: readonly string[], san: readonly string[] = []): GeneralName[] {
  const named = operands.map((name) => createGeneralName(parseIpAddress(name) === undefined ? 'dns' : 'ip', name));
  const kinds = Object.keys(SAN_KINDS).join(', ');
  const given = san.map((text) => {
    const [, kind = '', name = ''] = /^([A-Za-z]+):(.+)$/s.exec(text) ?? [];
    const known = SAN_KINDS[kind.toLowerCase() as keyof typeof SAN_KINDS];
    if (known === undefined) throw new UsageError(`--san is KIND:NAME with a kind of ${kinds}, not ${JSON.stringify(text)}`);
    return createGeneralName(known, name);
  });
  return [...named, ...given];
}

/** The subject that was given, or the first name as common name. */
export function subjectOf(subject: string | undefined, names: readonly string[]): Name {
  if (subject !== undefined) return parseName(subject);
  const [first] = names;
  if (first === undefined)
    throw new UsageError('say who it is for: --subject CN=example.com, or names such as example.com 192.0.2.1');
  // 64 characters are the most that a common name may have.
  return first.length > 64 ? new Name(Uint8Array.of(0x30, 0)) : parseName(`CN=${first.replace(/[\\,+=]/g, '\\$&')}`);
}

const DAY = 24 * 60 * 60 * 1000;

export function validityOf(
  { days, from, until }: OptionValues<typeof VALIDITY_OPTIONS>,
  defaultDays: number,
  now: Date,
): { readonly validFrom: Date; readonly validTo: Date } {
  const validFrom = from === undefined ? wholeSeconds(now) : parseDate(from, '--from');
  if (until !== undefined && days !== undefined) throw new UsageError('give --days or --until, not both');
  if (until !== undefined) return { validFrom, validTo: parseDate(until, '--until') };
  const count = days === undefined ? defaultDays : parseCount(days, '--days');
  return { validFrom, validTo: new Date(validFrom.getTime() + count * DAY) };
}

/** A day or a time, in UTC unless it says otherwise. */
export function parseDate(text: string, option: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? new Date(/T.*(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`)
    : new Date(Number.NaN);
  if (Number.isNaN(date.getTime()))
    throw new UsageError(`${option} is a date as 2026-11-21 or 2026-11-21T12:00:00Z, not ${JSON.stringify(text)}`);
  return date;
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
