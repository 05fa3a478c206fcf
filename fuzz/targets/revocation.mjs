// CRLs, OCSP responses and OCSP requests: each is read, and put to use; as they came, and with the inside signed by the authority, so
// that what stands behind the signature is reached.
import { any, decodeDer, encodeDer, explicit, octetAlignedBitString, octetString, sequence } from 'foxtls/asn1';
import {
  createCertificateRevocationListSync,
  createCertificateSync,
  createDistributionPoint,
  createExtension,
  createOcspRequest,
  createOcspResponder,
  createOcspResponseSync,
  createRevocationChecker,
  parseCertificateRevocationList,
  parseOcspRequest,
  parseOcspResponse,
  validateCertificateSync,
} from 'foxtls/x509';
import { authority, dates, leaf, now, provider } from '../authority.mjs';

const HOUR = 3_600_000;
const [earlier, later] = [new Date(now.getTime() - HOUR), new Date(now.getTime() + HOUR)];
const times = { thisUpdate: earlier, nextUpdate: later };
const uri = { kind: 'uniformResourceIdentifier', value: 'http://ca.example/ca.crl' };
const { certificate } = createCertificateSync({
  provider,
  key: leaf.key,
  issuer: authority,
  dnsNames: ['www.example.com'],
  extensions: [createExtension('cRLDistributionPoints', [createDistributionPoint(uri.value)])],
  ...dates,
});
const about = { certificate, issuer: authority.certificate };
const responder = createOcspResponder({
  provider,
  issuer: authority.certificate,
  responder: authority,
  lookUp: () => ({ status: 'good' }),
});

const signed = sequence({ data: any, algorithm: any, signature: octetAlignedBitString });
const response = sequence({ status: any, bytes: explicit(0, sequence({ type: any, response: octetString })) });

function lists() {
  const list = (fields) =>
    createCertificateRevocationListSync({ issuer: authority, number: 1, ...times, revoked: [], ...fields });
  return [
    list({}),
    list({ revoked: [{ serialNumber: '01', revocationDate: earlier, reason: 'superseded', invalidityDate: earlier }] }),
    list({ issuingDistributionPoint: { distributionPoint: { kind: 'fullName', value: [uri] }, indirectCRL: true } }),
    list({ number: 2, deltaOf: 1, freshestCrlUris: ['http://ca.example/delta.crl'] }),
  ];
}

function responses() {
  const respond = (answer, fields) =>
    createOcspResponseSync({
      provider,
      responder: authority,
      producedAt: earlier,
      answers: [{ ...about, ...times, ...answer }],
      ...fields,
    });
  const revoked = { status: 'revoked', revocationDate: earlier, reason: 'keyCompromise' };
  return [
    respond({ status: 'good' }, { certificates: [] }),
    respond(revoked, { responderId: 'byName', nonce: new Uint8Array(32) }),
  ];
}

const requests = () =>
  [{}, { nonce: new Uint8Array(16) }].map((more) => createOcspRequest({ provider, certificates: [about], ...more }));

/** Must not throw, whatever the evidence. */
function judge(evidence, stapled) {
  const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', ...evidence });
  validateCertificateSync({ provider, certificate, trustAnchors: [authority.certificate], at: now, pathCheck, ...stapled });
}

function useList(bytes) {
  // Lists that are given are read at once.
  [...parseCertificateRevocationList(bytes).revokedCertificates];
  judge({ crls: [bytes] });
  return 'accepted';
}

function useResponse(bytes) {
  // What cannot be read must do no harm where it is used, either.
  judge({}, { ocspResponse: bytes });
  parseOcspResponse(bytes);
  return 'accepted';
}

function useRequest(bytes) {
  parseOcspResponse(responder.respond(bytes, now));
  parseOcspRequest(bytes);
  return 'accepted';
}

const inside = (list) => decodeDer(signed, list, 'signed').data;
const innerOf = (bytes) => decodeDer(response, bytes, 'response').bytes.response;

function sign(data, like) {
  const { algorithm } = decodeDer(signed, like, 'signed');
  return encodeDer(signed, { data, algorithm, signature: authority.key.sign({ kind: 'ed25519' }, data) });
}

const [someList] = lists();
const [someResponse] = responses();

function wrap(inner) {
  const outer = decodeDer(response, someResponse, 'response');
  return encodeDer(response, { ...outer, bytes: { ...outer.bytes, response: inner } });
}

export const targets = [
  { name: 'crl', corpus: lists, run: useList },
  { name: 'crl-signed', corpus: () => lists().map(inside), run: (bytes) => useList(sign(bytes, someList)) },
  { name: 'ocsp-response', corpus: responses, run: useResponse },
  {
    name: 'ocsp-response-signed',
    corpus: () => [inside(innerOf(someResponse))],
    run: (bytes) => useResponse(wrap(sign(bytes, innerOf(someResponse)))),
  },
  { name: 'ocsp-request', corpus: requests, run: useRequest },
];
