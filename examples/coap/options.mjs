// --psk NAME:HEX for both, or --key FILE --cert FILE for the server and --ca FILE for the client; --port PORT, 5684 by default.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const string = { type: 'string' };
const { values } = parseArgs({ options: { psk: string, key: string, cert: string, ca: string, port: string, dtls: string } });

export const port = Number(values.port ?? 5684);

/** Of `listen` and of `connect`. RFC 7252 §9.1.3 has suites that every device of DTLS 1.2 knows: they are short, and not among the defaults. */
export const options = {
  ciphers: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_CCM_SHA256', values.psk ? 'PSK-AES128-CCM8' : 'ECDHE-ECDSA-AES128-CCM8'].join(
    ':',
  ),
  alpn: ['coap'],
  ...(values.dtls && { minVersion: values.dtls, maxVersion: values.dtls }),
  ...(values.key && { key: readFileSync(values.key) }),
  ...(values.cert && { cert: readFileSync(values.cert) }),
  ...(values.ca && { ca: readFileSync(values.ca) }),
};

/** The name and the key. */
export const psk = values.psk && {
  identity: values.psk.split(':')[0],
  key: Buffer.from(values.psk.split(':')[1], 'hex'),
};
