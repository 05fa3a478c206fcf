/**
 * The guide to old devices, run: its code is one program, and prints what stands below each block.
 */

import { testOneProgram } from './harness/guide-programs.ts';

testOneProgram('docs/guide/legacy.md');
