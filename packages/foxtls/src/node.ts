/** `foxtls/node`: what belongs to Node and to no module of it: trust stores of files, folders and the system. */
export { type BundleProblem, type CertificateBundle, readCertificateBundle } from './node/certificate-bundle.ts';
export { createHttpFetcher, type HttpFetcherOptions } from './node/http-fetcher.ts';
export { findInTrustFolder, type RehashOptions, type RehashReport, readTrustFolder, rehashFolder } from './node/trust-folder.ts';
export { loadTrustStore, type TrustSources, type TrustStore } from './node/trust-store.ts';
