/** The options of TLS that programs of the web take: all but pre-shared keys. */

import { TLS_OPTIONS } from '../network/tls-options.ts';

const { psk: _psk, 'psk-identity': _identity, 'psk-key': _key, 'insecure-short-psk': _short, ...WITHOUT_PSK } = TLS_OPTIONS;

export const WEB_TLS_OPTIONS = WITHOUT_PSK;
