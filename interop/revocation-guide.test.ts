/**
 * The guide to revocation, run: its code is one program, and prints what stands below each block.
 */

import { testOneProgram } from './harness/guide-programs.ts';

testOneProgram('docs/guide/revocation.md');
