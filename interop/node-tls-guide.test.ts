/**
 * The guide to foxtls/tls, run: each of its programs prints what stands below it.
 */

import { testPrograms } from './harness/guide-programs.ts';

testPrograms('docs/guide/node-tls.md', '8443');
