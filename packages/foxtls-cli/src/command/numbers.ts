/** Numbers among the options, and what is said of those that are none. */

import { UsageError } from './failure.ts';

/** A whole number. Throws `UsageError` for anything else, and below `min` or above `max`. */
export function parseCount(
  text: string,
  option: string,
  { min = 0, max = 9_999_999 }: { readonly min?: number; readonly max?: number } = {},
): number {
  const isNumber = /^\d{1,16}$/.test(text);
  if (!isNumber && (min > 0 || max < 9_999_999))
    throw new UsageError(`${option} is a number from ${min} to ${max}, not ${JSON.stringify(text)}`);
  if (!isNumber) throw new UsageError(`${option} is a whole number, not ${JSON.stringify(text)}`);
  const number = Number(text);
  if (number < min) throw new UsageError(`${option} is at least ${min}`);
  if (number > max) throw new UsageError(`${option} is at most ${max}`);
  return number;
}

/** Seconds above 0, with up to three places behind the point. Throws `UsageError` for anything else. */
export function parseSeconds(text: string | undefined, option: string, byDefault: number): number {
  if (text === undefined) return byDefault;
  if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`${option} is a number of seconds above 0, not ${JSON.stringify(text)}`);
}
