// TLS over anything that carries bytes: the core has no socket, no clock and no dice of its own.
import { createTlsClient, createTlsServer, defineClientConfig, defineServerConfig } from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createSelfSigned, createX509Verifier } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const made = await createSelfSigned({ provider, dnsNames: ['fox.example'], ...dates });
const verifier = createX509Verifier({ provider, trustAnchors: [made.certificate] });

const server = createTlsServer(
  defineServerConfig({ provider, credentials: [{ kind: 'x509', chain: [made.certificate], signer: made.key }] }),
  {
    onEvent(event) {
      if (event.type === 'output') for (const bytes of server.takeOutput()) client.receive(bytes); // the pipe, one way
      if (event.type === 'data') server.send(event.data); // an echo
      if (event.type === 'error') console.error('server:', event.error.message);
    },
  },
);
const client = createTlsClient(defineClientConfig({ provider, verifier }), {
  serverName: 'fox.example',
  onEvent(event) {
    if (event.type === 'output') for (const bytes of client.takeOutput()) server.receive(bytes); // the pipe, the other way
    if (event.type === 'connected') client.send(new TextEncoder().encode('hello'));
    if (event.type === 'data') {
      console.log(`${client.info.suite.name} says ${new TextDecoder().decode(event.data)}`);
      client.close();
    }
    if (event.type === 'error') console.error('client:', event.error.message);
  },
});
server.start();
client.start();
