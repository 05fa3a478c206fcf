/** For tests, which are TypeScript: the types that another-alert.mjs has in its comments. */

export interface Listed {
  readonly tests: readonly string[];
  readonly local: string;
  readonly error: string;
}

export function listedFor(another: Readonly<Record<string, Listed>>, name: string): Listed | undefined;
export function isAsListed(listed: Listed, said: string): boolean;
export function toRegExp(glob: string): RegExp;
