/**
 * Test vectors (Wycheproof, RFC 8448, x509-limbo, PKITS, ACVP), read from `../shared/vectors` and never copied into the project.
 *
 * `FOXTLS_VECTORS_DIR` names another folder; `FOXTLS_VECTORS=required` turns a missing one from a skip into a failure.
 */

import { readFileSync } from 'node:fs';
import { describeWithShared, findShared, missingReason, type SharedFolder, type Skippable, sharedOrSkip } from './folders.ts';

const VECTORS: SharedFolder = { what: 'test vectors', name: 'vectors', setting: 'FOXTLS_VECTORS' };

/** The path of a vector file, as `wycheproof/x25519_test.json`, or undefined. Throws when vectors are required. */
export function findVectors(path = ''): string | undefined {
  return findShared(VECTORS, path);
}

/** Why a test that needs these vectors was skipped: for `context.skip(reason)`. */
export function vectorsMissing(path = ''): string {
  return missingReason(VECTORS, path);
}

/** The path of a vector file; skips the running test when it is missing. */
export function vectorsOrSkip(context: Skippable, path = ''): string {
  return sharedOrSkip(context, VECTORS, path);
}

/** A suite whose tests are made from a vector file; one skipped test when it is missing. */
export function describeWithVectors(title: string, path: string, define: (found: string) => void): void {
  describeWithShared(title, VECTORS, path, define);
}

/** A vector file that is JSON. The caller says which shape it has. */
export function readJsonVectors<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(path, 'utf8')) as Shape;
}
