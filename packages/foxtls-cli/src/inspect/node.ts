/** What annotated bytes are: a tree, each node of which stands for some bytes of the input. */

export interface Node {
  /** What it is called: a field, a record, a message. */
  readonly label: string;
  /** What it says, in words; empty where its children say it. */
  readonly value: string;
  /** Where in the input its bytes begin. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly children: readonly Node[];
  /** Why reading ended here. */
  readonly problem?: string;
}

/** All that was made of an input. */
export interface Inspection {
  readonly format: Format;
  readonly nodes: readonly Node[];
}

export type Format = 'tls' | 'dtls' | 'handshake' | 'der' | 'unknown';

/** The first problem of a tree. */
export function findProblem(nodes: readonly Node[]): { readonly offset: number; readonly problem: string } | undefined {
  for (const { offset, problem, children } of nodes) {
    const inner = findProblem(children);
    if (inner !== undefined) return inner;
    if (problem !== undefined) return { offset, problem };
  }
  return undefined;
}

/** `1 byte`, `2 bytes`. */
export function bytesText(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

/** `1 byte is missing`, `2 bytes are missing`. */
export function missingText(count: number): string {
  return `${bytesText(count)} ${count === 1 ? 'is' : 'are'} missing`;
}
