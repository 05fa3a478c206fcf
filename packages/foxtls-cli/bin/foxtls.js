#!/usr/bin/env node
// The `foxtls` command: stands here, and not in dist/, so that it can be linked before the first build and is executable after it.
import '../dist/foxtls.js';
