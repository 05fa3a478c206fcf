/**
 * libcoap's coap-server and coap-client over datagrams (coaps://, RFC 7252 §9): of the builds with OpenSSL and with GnuTLS. Our end of CoAP is a
 * GET and its answer, by hand.
 *
 * ```
 *   01 TKL=0 CON | code 0.01 GET or 2.05 Content | message ID | options | ff payload        RFC 7252 §3
 * ```
 */

import { expect } from 'vitest';
import type { ClientOptions, ServerOptions } from '../../packages/foxtls/src/connection/config.ts';
import { concat, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { clientConfig, serverConfig, trusting } from '../harness/configs.ts';
import { connectDatagrams, type DatagramEndpoint, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { findFreePort } from '../harness/ports.ts';
import { connectedOver, type DtlsCase, type Link, repeat } from './case.ts';

interface Tried {
  readonly feature: string;
  readonly serverOptions: readonly string[];
  readonly clientOptions: readonly string[];
  readonly common?: Partial<ClientOptions & ServerOptions>;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly info: object;
}

const PSK = { identity: utf8('sensor-17'), key: utf8('a key of 16 bytes') };

function tried(pki: InteropPki): readonly Tried[] {
  const pskOptions = (suite: string | undefined): Tried => ({
    feature: suite === undefined ? 'pre-shared key' : `pre-shared key, ${suite}`,
    serverOptions: ['-k', 'a key of 16 bytes'],
    clientOptions: ['-u', 'sensor-17', '-k', 'a key of 16 bytes'],
    common: { cipherSuites: suite === undefined ? PSK_SUITES : [suite] },
    client: { preSharedKeys: [PSK] },
    server: { credentials: [], lookUpPreSharedKey: () => ({ key: PSK.key }) },
    info: suite === undefined ? {} : { suite: { name: suite } },
  });
  const files = ({ certPath, keyPath }: { readonly certPath: string; readonly keyPath: string }) => [
    '-c',
    certPath,
    '-j',
    keyPath,
  ];
  const certificates = (key: KeyName, both: boolean): Tried => ({
    feature: `${both ? 'certificates of both' : 'certificate of the server'} (${key})`,
    serverOptions: [...files(pki.servers[key]), ...(both ? ['-C', pki.caPath] : ['-n'])],
    clientOptions: ['-C', pki.caPath, ...(both ? files(pki.clients[key]) : [])],
    client: both ? { credentials: [pki.clients[key].credential] } : {},
    server: {
      credentials: [pki.servers[key].credential],
      ...(both ? { verifier: trusting(pki.anchors), clientCertificates: 'require' as const } : {}),
    },
    info: {},
  });
  return [
    pskOptions(undefined),
    pskOptions('TLS_PSK_WITH_AES_128_CCM_8'),
    certificates('p256', true),
    certificates('rsa', true),
    certificates('p256', false),
  ];
}

/** RFC 7252 §9.1.3.1 has the second be in every implementation. */
const PSK_SUITES = ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_PSK_WITH_AES_128_CCM_8', 'TLS_PSK_WITH_AES_128_CCM'];

/** `build` is the library below: openssl or gnutls. */
export function coapCases(pki: InteropPki, build: string): readonly DtlsCase[] {
  return tried(pki).flatMap((one) => [ourClient(pki, build, one), ourServer(pki, build, one)]);
}

const VERSION = 'DTLSv1.2';
const GET = Uint8Array.of(0x40, 0x01, 0x12, 0x34);
const PAYLOAD = 'foxtls has heard it';

function ourClient(pki: InteropPki, build: string, one: Tried): DtlsCase {
  return {
    version: VERSION,
    ourRole: 'client',
    feature: one.feature,
    async run(link) {
      const port = await findFreePort();
      const options = ['-A', '127.0.0.1', '-p', String(port), '-v', '6', ...one.serverOptions];
      startPeer(`coap-server-${build}`, options, { folder: pki.folder });
      // It says nothing when it listens, at the port after that of CoAP: a first ClientHello may be lost.
      const config = clientConfig(pki, { ...one.common, ...one.client });
      const client = await connectDatagrams(await link.to(port + 1), config);
      expect(await connectedOver(link, client)).toMatchObject({ version: VERSION, ...one.info });
      const stop = repeat(() => client.send(GET), link);
      try {
        // libcoap's example server answers `GET /` with who it is.
        await client.until(
          'an answer',
          () => Buffer.from(client.data).includes('This is a test server made with libcoap'),
          link.patience,
        );
      } finally {
        stop();
      }
    },
  };
}

function ourServer(pki: InteropPki, build: string, one: Tried): DtlsCase {
  return {
    version: VERSION,
    ourRole: 'server',
    feature: one.feature,
    async run(link) {
      const config = serverConfig(pki, { ...one.common, ...one.server });
      const server = await listenDatagrams(config, { onAccept: answerEach });
      const uri = `coaps://127.0.0.1:${await link.to(server.port)}/`;
      const client = startPeer(`coap-client-${build}`, ['-m', 'get', '-v', '6', '-B', '60', ...one.clientOptions, uri], {
        folder: pki.folder,
      });
      const endpoint = await server.accepted();
      expect(await connectedOver(link, endpoint)).toMatchObject({ version: VERSION, ...one.info });
      await client.prints(new RegExp(PAYLOAD), patienceOf(link));
    },
  };
}

const patienceOf = ({ patience }: Link) => patience;

/** An acknowledgement with the content, for each request: the message ID and the token are the request's (RFC 7252 §5.3.1). */
function answerEach(endpoint: DatagramEndpoint): void {
  endpoint.onData = (request) => {
    const tokenLength = (request[0] as number) & 0x0f;
    const token = request.subarray(4, 4 + tokenLength);
    const head = Uint8Array.of(0x60 | tokenLength, 0x45, request[2] as number, request[3] as number);
    endpoint.send(concat(head, token, Uint8Array.of(0xff), utf8(PAYLOAD)));
  };
}
