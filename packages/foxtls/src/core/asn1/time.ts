/**
 * UTCTime and GeneralizedTime as certificates write them (RFC 5280 §4.1.2.5).
 *
 * ```
 * Time ::= CHOICE {
 *      utcTime        UTCTime,
 *      generalTime    GeneralizedTime }
 * ```
 * UTCTime is YYMMDDHHMMSSZ, for 1950 to 2049; GeneralizedTime is YYYYMMDDHHMMSSZ, without fractions.
 */

import { fromLatin1, utf8 } from '../bytes/bytes.ts';
import { ApiMisuse } from '../errors/errors.ts';
import { type DerElement, TAG, writeElement } from './der.ts';
import type { DerType } from './schema.ts';

/** `UTCTime`: "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY" (RFC 5280 §4.1.2.5.1). */
export const utcTime: DerType<Date> = {
  tags: [TAG.UTC_TIME],
  read: (element) => readTime(element, 'YYMMDDHHMMSSZ'),
  write: (date) => writeElement(TAG.UTC_TIME, utf8(formatTime(date).slice(2))),
};

/** `GeneralizedTime` in Zulu, with seconds and without fractions (RFC 5280 §4.1.2.5.2). */
export const generalizedTime: DerType<Date> = {
  tags: [TAG.GENERALIZED_TIME],
  read: (element) => readTime(element, 'YYYYMMDDHHMMSSZ'),
  write: (date) => writeElement(TAG.GENERALIZED_TIME, utf8(formatTime(date))),
};

/**
 * `Time`. Dates through 2049 are written as UTCTime, later ones as GeneralizedTime (RFC 5280 §4.1.2.5). On reading, both forms
 * are taken for any year: an early GeneralizedTime is the writer's fault, but it is not ambiguous, and OpenSSL reads it too.
 */
export const time: DerType<Date> = {
  tags: [TAG.UTC_TIME, TAG.GENERALIZED_TIME],
  read: (element) => (element.tag === TAG.UTC_TIME ? utcTime : generalizedTime).read(element),
  write(date) {
    const year = date.getUTCFullYear();
    return (year >= 1950 && year < 2050 ? utcTime : generalizedTime).write(date);
  },
};

function readTime(element: DerElement, form: 'YYMMDDHHMMSSZ' | 'YYYYMMDDHHMMSSZ'): Date {
  const text = fromLatin1(element.content);
  if (text.length !== form.length || !/^[0-9]+Z$/.test(text)) return element.fail(`the time is not ${form}`);
  const yearDigits = form.length - 11;
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => Number(text.substr(yearDigits + at, 2))) as Parts;
  const written = Number(text.slice(0, yearDigits));
  const year = yearDigits === 4 ? written : written >= 50 ? 1900 + written : 2000 + written;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date : element.fail('there is no such time in the calendar');
}

type Parts = [month: number, day: number, hour: number, minute: number, second: number];

/** YYYYMMDDHHMMSSZ; fractions of a second are cut off. */
function formatTime(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999))
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a date from the years 0 to 9999 is expected');
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
