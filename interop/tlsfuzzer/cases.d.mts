/** For tests, which are TypeScript: the types that cases.mjs has in its comments. */

export interface Otherwise {
  readonly tests: readonly string[];
  readonly error: string;
  readonly reason: string;
}

export interface Case {
  readonly server: string;
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly otherwise?: readonly Otherwise[];
}

export interface LeftOut {
  readonly script: string;
  readonly reason: string;
}

export function readCases(): { cases: Case[]; leftOut: LeftOut[] };
export function argumentsOf(asked: Case, port: number): string[];
export function titleOf(asked: Case): string;
