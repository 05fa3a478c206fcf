/** `foxtls/dtls`: DTLS over UDP, in the shape of node:dtls. */
export * from './node/dtls.ts';
