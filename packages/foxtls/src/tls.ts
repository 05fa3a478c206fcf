/** `foxtls/tls`: node:tls, by foxtls. */
export * from './node/tls.ts';
export { default } from './node/tls.ts';
