// What is spoken in a benchmark, by name: the same for every implementation and on both ends, so that the same work is compared.

// In TLS 1.2 supported_groups speaks of certificates too; what is exchanged is X25519, which is preferred.
const VERSION_12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ecdhCurve: 'X25519:P-256' };
const PSK = Buffer.alloc(32, 0x5a);
const IDENTITY = 'bench';

/** `common` goes to both ends. `key`: of the certificates; without one there are none, and keys are shared beforehand. */
const SETTINGS = {
  'TLS 1.3': {
    key: 'ecdsa',
    common: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ecdhCurve: 'X25519' },
  },
  'ECDHE-ECDSA-AES128-GCM-SHA256': tls12('ecdsa', 'ECDHE-ECDSA-AES128-GCM-SHA256'),
  'ECDHE-ECDSA-AES256-GCM-SHA384': tls12('ecdsa', 'ECDHE-ECDSA-AES256-GCM-SHA384'),
  'ECDHE-ECDSA-CHACHA20-POLY1305': tls12('ecdsa', 'ECDHE-ECDSA-CHACHA20-POLY1305'),
  'ECDHE-RSA-AES128-GCM-SHA256': tls12('rsa', 'ECDHE-RSA-AES128-GCM-SHA256'),
  'PSK-AES128-GCM-SHA256': {
    common: { ...VERSION_12, ciphers: 'PSK-AES128-GCM-SHA256' },
    client: { pskCallback: () => ({ psk: PSK, identity: IDENTITY }), checkServerIdentity: () => undefined },
    server: { pskCallback: (_socket, identity) => (identity === IDENTITY ? PSK : null) },
  },
};

function tls12(key, ciphers) {
  return { key, common: { ...VERSION_12, ciphers } };
}

/** The options of a server. */
export function serverOptions(name, pki) {
  const { key, common, server } = SETTINGS[name];
  const credential = key === undefined ? {} : { cert: pki[key].cert, key: pki[key].key };
  return { ...common, ...credential, ...server };
}

/** The options of a client: what it keeps in a context, and what each connection says. */
export function clientOptions(name, pki) {
  const { key, common, client } = SETTINGS[name];
  return { context: { ...common, ...(key === undefined ? {} : { ca: pki[key].ca }) }, connection: { ...common, ...client } };
}

/**
 * Whether the implementation has the suite at all. lemon-tls takes no list of suites of TLS 1.2, and chooses AES-128-GCM; where there are no
 * certificates it waits for ever.
 */
export function isOffered(implementation, tls, name) {
  const { key, common } = SETTINGS[name];
  if (implementation === 'lemon-tls') return key !== undefined && /AES_?128/.test(common.ciphers);
  try {
    tls.createSecureContext(common);
    return true;
  } catch (error) {
    return error.code !== 'ERR_SSL_NO_CIPHER_MATCH';
  }
}
