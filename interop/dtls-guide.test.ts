/**
 * The guide to foxtls/dtls, run: each of its programs prints what stands below it.
 */

import { testPrograms } from './harness/guide-programs.ts';

testPrograms('docs/guide/dtls.md', '5684');
