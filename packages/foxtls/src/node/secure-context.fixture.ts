/** The names that the provider of Node can be asked for. */

import { getCiphers } from './openssl-names.ts';
import { provider } from './provider.ts';

export const PROVIDER_NAMES = {
  suites: getCiphers().map((suite) => suite.toUpperCase()),
  groups: provider.groups.map(({ name }) => name),
};
