/** The names that the provider of Node can be asked for. */

import { TLS13_SUITES } from './openssl-names.ts';
import { provider } from './provider.ts';

export const PROVIDER_NAMES = { suites: TLS13_SUITES, groups: provider.groups.map(({ name }) => name) };
