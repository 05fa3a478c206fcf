/** `foxtls/mozilla-roots`: Mozilla's list of roots, for runtimes that have none. 200 kB, so nothing else imports it. */
export { mozillaRoots } from './pki/x509/mozilla-roots.ts';
