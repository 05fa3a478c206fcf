/** `foxtls/https`: node:https, by foxtls. */
export * from './node/https.ts';
export { default } from './node/https.ts';
