/**
 * Telling that something weak was agreed on: parts of `foxtls/legacy` say of themselves what is wrong with them.
 */

/** What may be weak: a suite, a signature scheme. */
export interface PossiblyWeak {
  readonly name: string;
  readonly weakness?: string | undefined;
}

interface Told {
  readonly warn: ((message: string, name: string) => void) | undefined;
}

/** Tells the config's `warn` of each part of a handshake that is weak. `peer` is its name, or what it is. */
export function warnOfWeakness({ warn }: Told, peer: string, parts: readonly (PossiblyWeak | undefined)[]): void {
  if (warn === undefined) return;
  for (const part of parts) {
    if (part?.weakness === undefined) continue;
    warn(`${part.name} was negotiated with ${peer}: ${part.weakness}`, part.name);
  }
}
