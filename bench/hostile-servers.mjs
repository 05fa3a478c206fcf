/** What hostile servers do to clients: each goes as far as its name says, and stays there. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { createTlsServer, defineServerConfig } from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import {
  createCertificate,
  createCertificateAuthority,
  createExtension,
  formatCertificatePem,
  issueCertificate,
} from 'foxtls/x509';
import { firstMessage, longCertificate, longRecord, Peer, trickle } from './hostile-peers.mjs';

const DATES = { validFrom: new Date(Date.now() - 86_400_000), validTo: new Date(Date.now() + 30 * 86_400_000) };
const EC = { kind: 'ec', curve: 'secp256r1' };

export const HOSTILE_SERVERS = {
  'says nothing': { before: true, reach: () => {} },
  'half a ServerHello, in segments of one byte': {
    before: true,
    async reach(peer) {
      const hello = await answer(peer);
      await trickle([{ peer, bytes: hello }], 60);
    },
  },
  '64 KB of a Certificate of 100 KB, TLS 1.2': {
    before: true,
    version: 'TLSv1.2',
    async reach(peer) {
      await peer.send(firstMessage(await answer(peer)));
      await peer.send(longCertificate());
    },
  },
  '97 issuers of one name, which none of them is': {
    before: true,
    chain: decoys,
    share: 0.1,
    async reach(peer) {
      await peer.send(await answer(peer));
    },
  },
  '1000 bytes of a record, in segments of one byte': {
    async reach(peer) {
      await peer.shakeHands();
      await trickle([{ peer, bytes: longRecord() }], 1000);
    },
  },
};

/** A server that does so to all its clients. */
export async function openServer({ version = 'TLSv1.3', chain = honest, reach }) {
  const { credential, trusted } = await chain();
  const config = defineServerConfig({ provider, versions: [version], credentials: [credential] });
  const server = createServer((socket) => {
    Promise.resolve(reach(new Peer(socket, (options) => createTlsServer(config, options)))).catch(() => {});
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 511 });
  await once(server, 'listening');
  return { port: server.address().port, ca: formatCertificatePem(trusted) };
}

/** What a server sends when the ClientHello came. */
async function answer(peer) {
  peer.tls.start();
  const [hello] = await peer.hear();
  peer.tls.receive(hello);
  return peer.output();
}

async function honest() {
  const root = await authority('Bench Root');
  const { certificate, key } = await createCertificate({ provider, issuer: root, key: EC, dnsNames: ['localhost'], ...DATES });
  return { credential: { kind: 'x509', chain: [certificate], signer: key }, trusted: root.certificate };
}

const authority = (commonName) => createCertificateAuthority({ provider, subject: { commonName }, key: EC, ...DATES });

/** A leaf that somebody of the name X has signed, and 97 of that name, on the dearest curve, who have not. */
async function decoys() {
  const [somebody, root] = [await authority('X'), await authority('Root')];
  const leaf = await createCertificate({ provider, issuer: somebody, key: EC, dnsNames: ['localhost'], ...DATES });
  const { publicKey } = await provider.keys.generateKey({ kind: 'ec', curve: 'secp521r1' });
  const extensions = [createExtension('basicConstraints', { cA: true }), createExtension('keyUsage', new Set(['keyCertSign']))];
  const issue = () =>
    issueCertificate({ provider, issuer: root, subject: { commonName: 'X' }, publicKey: publicKey.spki, ...DATES, extensions });
  const others = await Promise.all(Array.from({ length: 97 }, issue));
  const credential = { kind: 'x509', chain: [leaf.certificate, ...others], signer: leaf.key };
  return { credential, trusted: root.certificate };
}
