/**
 * The servers that tlsfuzzer's scripts speak with: `foxtls/tls` with its options, by the names that `cases/` has for them.
 *
 * All answer a request with a short page and let the client close. What they have beyond the defaults is what scripts for TLS 1.2 and before presume:
 * old versions and suites, peers without encrypt_then_mac. A peer without extended_master_secret is taken by any server, and neither renegotiates nor
 * resumes: `--ems` makes scripts of that offer it.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { legacy } from 'foxtls/legacy';
import { parsePrivateKeyPem } from 'foxtls/pkcs';
import tls from 'foxtls/tls';
import { createOcspResponse } from 'foxtls/x509';
import { createCoreServer, withHeartbeats, withPreSharedKey } from './core-server.mjs';

const SUITES = [
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256',
  'ECDHE:DHE:kRSA:!aNULL:!eNULL:!PSK:!RC4:!CAMELLIA',
];

const GROUPS = 'x25519:P-256:P-384:P-521:X448:ffdhe2048:ffdhe3072:ffdhe4096:ffdhe6144:ffdhe8192';

/** What every server has, unless it says otherwise. */
const COMMON = {
  legacy,
  warn() {},
  minVersion: 'TLSv1',
  ciphers: SUITES.join(':'),
  ecdhCurve: GROUPS,
  dhparam: 'auto',
  insecureMacThenEncrypt: true,
  ALPNProtocols: ['http/1.1', 'h2', 'http/2'],
};

/** For clients that say nothing of signature_algorithms, and so of nothing but SHA-1 (RFC 5246 §7.4.1.4.1). */
const WITH_SHA1 = {
  sigalgs:
    'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:rsa_pkcs1_sha1',
};

/** All that foxtls verifies, SHA-1 and DSA too. */
const OLD_SCHEMES = [
  'ecdsa_secp256r1_sha256:ed25519:ecdsa_secp384r1_sha384:ed448:ecdsa_secp521r1_sha512',
  'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512',
  'rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:dsa_sha256_RESERVED:rsa_pkcs1_sha1:ecdsa_sha1:dsa_sha1_RESERVED',
].join(':');

/** Of TLS 1.3, and of the versions before it. */
const BRAINPOOL = ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']
  .flatMap((curve) => [`${curve}tls13`, curve])
  .join(':');

/**
 * By name: whose certificate (the names of files in tlsfuzzer's `tests`, without Cert.pem and Key.pem), and which options beside COMMON;
 * whether it echoes, or staples an OCSP response; or the options of a server of the core.
 *
 * @typedef {{ credentials: readonly string[], options?: import('foxtls/tls').TlsOptions, echo?: boolean, staples?: boolean, core?: import('./core-server.mjs').CoreOptions }} Profile
 * @type {Readonly<Record<string, Profile>>}
 */
export const SERVERS = {
  rsa: { credentials: ['serverX509'] },
  'rsa-tls12': { credentials: ['serverX509'], options: { maxVersion: 'TLSv1.2' } },
  'rsa-tls11': { credentials: ['serverX509'], options: { maxVersion: 'TLSv1.1' } },
  'rsa-tls10': { credentials: ['serverX509'], options: { maxVersion: 'TLSv1' } },
  'rsa-sha1': { credentials: ['serverX509'], options: WITH_SHA1 },
  'rsa-asking': { credentials: ['serverX509'], options: { requestCert: true, rejectUnauthorized: false } },
  'rsa-renegotiating': { credentials: ['serverX509'], options: { renegotiation: 'accept' } },
  'rsa-stapling': { credentials: ['serverX509'], options: { renegotiation: 'accept' }, staples: true },
  'rsa-heartbeats': { credentials: ['serverX509'], core: withHeartbeats },
  'rsa-brainpool': { credentials: ['serverX509'], options: { ecdhCurve: `${GROUPS}:${BRAINPOOL}` } },
  'rsa-echo': { credentials: ['serverX509'], echo: true },
  'rsa-pss': { credentials: ['serverRSAPSS'] },
  'rsa-both': { credentials: ['serverX509', 'serverRSAPSS'] },
  ecdsa: { credentials: ['serverEC', 'serverP384EC', 'serverP521EC'] },
  ed25519: { credentials: ['serverEd25519'] },
  ed448: { credentials: ['serverEd448'] },
  eddsa: { credentials: ['serverEd25519', 'serverEd448'] },
  'old-asking': { credentials: ['serverX509'], options: { sigalgs: OLD_SCHEMES, requestCert: true, rejectUnauthorized: false } },
  'old-renegotiating': { credentials: ['serverX509'], options: { sigalgs: OLD_SCHEMES, renegotiation: 'accept' } },
  'ecdsa-sha1': { credentials: ['serverEC'], options: { sigalgs: OLD_SCHEMES } },
  'psk-sha256': { credentials: [], core: withPreSharedKey('sha256') },
  'psk-sha384': { credentials: [], core: withPreSharedKey('sha384') },
  dsa: { credentials: ['serverDSA'], options: { sigalgs: OLD_SCHEMES, ciphers: `${SUITES.join(':')}:DHE-DSS` } },
};

const PAGE = 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n';

/** @param {string} name of SERVERS @param {string} tests tlsfuzzer's folder of certificates */
export async function startServer(name, tests) {
  const profile = SERVERS[name];
  /** @param {string} kind */
  const pems = (kind) => profile.credentials.map((credential) => readFileSync(join(tests, `${credential}${kind}.pem`)));
  const [key, cert] = [pems('Key'), pems('Cert')];
  const { core } = profile;
  const server = core === undefined ? createTlsServer(profile, key, cert) : createCoreServer(core(key[0], cert[0]), PAGE);
  if (profile.staples) await staple(server, key[0], cert[0]);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: server.address().port, close: () => server.close() };
}

/** @param {Profile} profile @param {Buffer[]} key @param {Buffer[]} cert */
function createTlsServer({ options, echo = false }, key, cert) {
  const server = tls.createServer({ key, cert, ...COMMON, ...options }, (socket) => {
    // What goes wrong is for tlsfuzzer to judge.
    socket.on('error', () => {});
    if (echo) socket.pipe(socket);
    else answerRequests(socket);
  });
  keepSessions(server);
  return server;
}

/** The certificate is its own authority, and vouches for itself. */
async function staple(server, key, cert) {
  const [certificate] = parsePem(cert).map(({ data }) => data);
  const responder = { certificate, key: provider.keys.importPrivateKey(parsePrivateKeyPem(key)) };
  const now = new Date();
  const answers = [{ certificate, issuer: certificate, status: 'good', thisUpdate: now }];
  const response = Buffer.from(await createOcspResponse({ provider, responder, producedAt: now, answers }));
  server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, response));
}

/** For clients that resume by session id; most scripts know nothing of tickets. */
function keepSessions(server) {
  const sessions = new Map();
  server.on('newSession', (id, state, done) => {
    sessions.set(id.toString('hex'), state);
    done();
  });
  server.on('resumeSession', (id, done) => done(null, sessions.get(id.toString('hex')) ?? null));
}

/** A page for each request, whose first line ends with a blank one or is all there is; before that of /keyupdate the keys change. */
function answerRequests(socket) {
  let text = '';
  socket.setEncoding('latin1').on('data', (data) => {
    text = (text + data).slice(-4096);
    if (!/\n\r?\n|GET .*\n/.test(text)) return;
    if (text.startsWith('GET /keyupdate ')) socket.updateKeys({ requestPeer: true });
    text = '';
    socket.write(PAGE);
  });
}
