/**
 * Checks that the options of several kinds share.
 */

import { ApiMisuse } from '../core/errors/errors.ts';

/** The parts of those names, in their order; all parts without names. `advice` is for who names what is not there. Throws `ApiMisuse` (`ERR_TLS_UNKNOWN_NAME`). */
export function pick<T>(
  what: string,
  parts: readonly T[],
  names: readonly string[] | undefined,
  nameOf: (part: T) => string,
  advice?: string,
): readonly T[] {
  if (names === undefined) return parts;
  if (names.length === 0) throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `an empty list of ${what}s leaves nothing to agree on`);
  return names.map((name) => {
    const part = parts.find((candidate) => nameOf(candidate) === name);
    if (part !== undefined) return part;
    const known = `no ${what} ${name} here; there are: ${nearest(name, parts.map(nameOf))}`;
    throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', advice === undefined ? known : `${known}; ${advice}`);
  });
}

const MOST_NAMES = 16;

/** The names that there are; of many, those that begin as this one does. */
function nearest(name: string, names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  const alike = (other: string) => [...other].findIndex((letter, at) => letter !== name[at]);
  const sorted = [...names].sort((one, other) => alike(other) - alike(one));
  return `${sorted.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
}

/** Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`). */
export function inRange(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `${name} is ${value}: an integer from ${min} to ${max} is expected`);
}
