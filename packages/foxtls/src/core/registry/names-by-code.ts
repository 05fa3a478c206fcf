/**
 * The inverse of a registry table: from number to name.
 *
 * A table is an object `name → number` in which no number stands twice; the inverse is a map, so that no number from the network
 * reaches an object's prototype.
 */

export function namesByCode<Name extends string>(table: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map((Object.entries(table) as [Name, number][]).map(([name, code]) => [code, name]));
}
