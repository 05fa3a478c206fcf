/** `foxtls/asn1`: strict DER, ASN.1 declarations, object identifiers, times, strings and PEM. */
export * from './core/asn1/der.ts';
export * from './core/asn1/object-identifiers.ts';
export * from './core/asn1/oid.ts';
export * from './core/asn1/pem.ts';
export * from './core/asn1/schema.ts';
export * from './core/asn1/strings.ts';
export * from './core/asn1/time.ts';
export * from './core/asn1/types.ts';
