/** The names that the provider of Node can be asked for. */

import { availableTls12CipherSuites } from '../protocol/handshake/tls12/cipher-suites.ts';
import { availableCipherSuites } from '../protocol/negotiate/cipher-suites.ts';
import { formatCipherSuite } from './cipher-list.ts';
import { provider } from './provider.ts';

export const PROVIDER_NAMES = {
  suites: availableCipherSuites(provider).map(({ name }) => name),
  tls12Suites: availableTls12CipherSuites(provider).map(({ name }) => formatCipherSuite(name)),
  groups: provider.groups.map(({ name }) => name),
};
