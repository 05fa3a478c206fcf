/**
 * Attacks on TLS 1.2 that have a name, each tried against connections of ours. What is measured rather than seen, the time that a wrong
 * record takes, is in bench/timing-cbc.mjs.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import type { TlsConnection } from '../../src/connection/connection.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat, fromHex, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { connectEnds, type Ends, startEnds } from '../matrix/ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider, { kind: 'ec', curve: 'secp256r1' });
});

function configs(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}) {
  const versions = ['TLSv1.2'] as const;
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return [
    defineClientConfig({ provider, verifier, versions, ...client }),
    defineServerConfig({ provider, credentials: [pki.server], versions, ...server }),
  ] as const;
}

const output = (end: TlsConnection) => concat(...end.takeOutput());
const ENCRYPT_THEN_MAC = 22;

/** Both ends of a connection in CBC mode, in either order of MAC and encryption. */
function cbcEnds(suite: string, encryptThenMac: boolean): Ends {
  const options = { cipherSuites: [suite], insecureMacThenEncrypt: !encryptThenMac };
  const shapeClientHello: ClientOptions['shapeClientHello'] = (extensions) =>
    encryptThenMac ? extensions : extensions.filter(({ type }) => type !== ENCRYPT_THEN_MAC);
  return connectEnds(...configs({ ...options, shapeClientHello }, options));
}

const CBC_SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
];

describe('padding oracles (Vaudenay, POODLE over TLS, Lucky Thirteen)', () => {
  for (const encryptThenMac of [false, true]) {
    // RFC 5246 §6.2.3.2: "The receiver MUST check this padding and MUST use the bad_record_mac alert to indicate padding errors."
    // RFC 7366 §3: "For TLS, a fatal bad_record_mac MUST be generated"
    it.each(CBC_SUITES)(
      `the answer is one and the same wherever a record is wrong: ${encryptThenMac ? 'EtM' : 'MtE'}, %s`,
      (suite) => {
        const answers = new Set<string>();
        const length = recordOf(suite, encryptThenMac).length;
        // Every byte of the record: the vector, the content, the MAC, the padding, the padding's length.
        for (let at = 5; at < length; at++) {
          const ends = cbcEnds(suite, encryptThenMac);
          ends.client.send(new Uint8Array(100));
          const record = output(ends.client);
          record[at] = (record[at] as number) ^ ([0x01, 0x80, 0xff][at % 3] as number);
          ends.server.receive(record);
          expect(ends.serverSide.of('data'), `byte ${at}`).toEqual([]);
          answers.add(describeEnd(ends));
        }
        expect([...answers]).toEqual(['bad_record_mac: a record could not be decrypted, bad_record_mac, one record']);
      },
    );
  }

  it.each(CBC_SUITES)('records cut by a block, or to nothing, get the same answer: %s', (suite) => {
    const answers = new Set<string>();
    for (const blocks of [0, 1, 2, 3, 4]) {
      const ends = cbcEnds(suite, false);
      ends.client.send(new Uint8Array(100));
      const record = output(ends.client).slice(0, 5 + 16 * blocks);
      record.set([0, 16 * blocks], 3);
      ends.server.receive(record);
      answers.add(describeEnd(ends));
    }
    expect([...answers]).toEqual(['bad_record_mac: a record could not be decrypted, bad_record_mac, one record']);
  });
});

function recordOf(suite: string, encryptThenMac: boolean): Uint8Array {
  const { client } = cbcEnds(suite, encryptThenMac);
  client.send(new Uint8Array(100));
  return output(client);
}

/** What the server says to itself, and to its peer: the alert is under the server's keys, so the client reads it. */
function describeEnd(ends: Ends): string {
  const error = ends.serverSide.error as { message: string };
  const alert = output(ends.server);
  const isOneRecord = alert.length === 5 + (((alert[3] as number) << 8) | (alert[4] as number));
  ends.client.receive(alert);
  const heard = ends.clientSide.error as unknown as { description: string };
  return `${error.message}, ${heard.description}, ${isOneRecord ? 'one record' : 'several records'}`;
}

describe('CCS injection (CVE-2014-0224)', () => {
  const CHANGE_CIPHER_SPEC = Uint8Array.of(20, 3, 3, 0, 1, 1);

  it('a change_cipher_spec before the key exchange ends the connection, at the server', () => {
    const ends = startEnds(...configs());
    ends.server.receive(output(ends.client));
    ends.server.receive(CHANGE_CIPHER_SPEC);
    expect(ends.serverSide.error).toMatchObject({ reason: 'change_cipher_spec_unexpected', alert: 'unexpected_message' });
  });

  it('and at the client, where one before the ServerHello is told from that of TLS 1.3 when the version is known', () => {
    const ends = startEnds(...configs());
    ends.server.receive(output(ends.client));
    ends.client.receive(CHANGE_CIPHER_SPEC);
    ends.client.receive(output(ends.server));
    expect(ends.clientSide.error).toMatchObject({ reason: 'change_cipher_spec_unexpected', alert: 'unexpected_message' });
  });
});

describe('SLOTH: signatures over broken hashes', () => {
  it('no scheme with MD5 or SHA-1 is offered, or accepted', () => {
    const [client, server] = configs();
    const broken = (id: number) => id >> 8 === 1 || id >> 8 === 2;
    expect(client.signatureSchemes.filter(({ id }) => broken(id))).toEqual([]);
    expect(server.signatureSchemes.filter(({ id }) => broken(id))).toEqual([]);
    for (const name of ['rsa_pkcs1_sha1', 'ecdsa_sha1', 'rsa_pkcs1_md5']) {
      const define = () => configs({ signatureSchemes: [name] });
      expect(define).toThrow(expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME' }));
    }
  });
});

describe('CRIME: compression', () => {
  it('is never offered, and a client that offers it gets none', () => {
    const ends = startEnds(...configs());
    const hello = output(ends.client);
    // Record, message, version, random, empty session id; then the suites, and then the compression methods.
    const suites = 5 + 4 + 2 + 32 + 1;
    const methods = suites + 2 + (((hello[suites] as number) << 8) | (hello[suites + 1] as number));
    expect([...hello.subarray(methods, methods + 2)]).toEqual([1, 0]);

    const offering = concat(hello.subarray(0, methods), Uint8Array.of(2, 1, 0), hello.subarray(methods + 2));
    offering.set([(offering.length - 5) >> 8, (offering.length - 5) & 0xff], 3);
    offering.set([0, (offering.length - 9) >> 8, (offering.length - 9) & 0xff], 6);
    ends.server.receive(offering);
    const answer = output(ends.server);
    const idLength = answer[5 + 4 + 2 + 32] as number;
    expect(answer[5 + 4 + 2 + 32 + 1 + idLength + 2]).toBe(0);
  });
});

describe('downgrade (FREAK, Logjam, POODLE): what is weak cannot be chosen', () => {
  it('a client refuses what it did not offer', () => {
    for (const suite of ['0003', '0014', '0062', 'c011']) {
      const ends = startEnds(...configs());
      ends.server.receive(output(ends.client));
      const flight = output(ends.server);
      const at = 5 + 4 + 2 + 32;
      flight.set(fromHex(suite), at + 1 + (flight[at] as number));
      ends.client.receive(flight);
      expect(ends.clientSide.error).toMatchObject({ reason: 'suite_not_offered', alert: 'illegal_parameter' });
    }
  });

  it('a changed offer does not survive Finished', () => {
    const ends = startEnds(...configs());
    const hello = output(ends.client);
    const offered = toHex(hello);
    // Somebody between takes the first suite out of the offer by writing another over it.
    const suites = 5 + 4 + 2 + 32 + 1 + 2;
    hello.set(hello.subarray(suites + 4, suites + 6), suites);
    expect(toHex(hello)).not.toBe(offered);
    ends.server.receive(hello);
    ends.client.receive(output(ends.server));
    ends.server.receive(output(ends.client));
    ends.client.receive(output(ends.server));
    expect(ends.client.info).toBeUndefined();
    expect(ends.server.info).toBeUndefined();
    expect(() => ends.client.send(utf8('secret'))).toThrow(expect.objectContaining({ code: 'ERR_TLS_NOT_CONNECTED' }));
  });
});
