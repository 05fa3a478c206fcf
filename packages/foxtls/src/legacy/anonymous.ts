/**
 * DH_anon and ECDH_anon (RFC 5246 §7.4.3, §F.1.1.1; RFC 8422 §2): DHE and ECDHE without a certificate, and without a signature. Nobody
 * listens, but whoever stands between the two can be the other one for each of them.
 */

import { dhe } from '../protocol/handshake/tls12/dhe.ts';
import { ecdhe } from '../protocol/handshake/tls12/ecdhe.ts';
import type { KeyExchangeMethod } from '../protocol/handshake/tls12/key-exchange.ts';

export const dhAnon: KeyExchangeMethod = /* @__PURE__ */ unsigned('DH_anon', dhe as KeyExchangeMethod);
export const ecdhAnon: KeyExchangeMethod = /* @__PURE__ */ unsigned('ECDH_anon', ecdhe as KeyExchangeMethod);

function unsigned(name: string, method: KeyExchangeMethod): KeyExchangeMethod {
  return { ...method, name, certificateKey: 'unused' };
}
