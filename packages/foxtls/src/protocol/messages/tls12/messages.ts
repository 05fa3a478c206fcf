/**
 * The handshake messages that TLS 1.2 has besides those of TLS 1.3, or in another form (RFC 5246 §7.4, RFC 5077 §3.3, RFC 6066 §8).
 *
 * The bodies of ServerKeyExchange and ClientKeyExchange are the key exchange's to read. Finished is that of messages.ts.
 */

import { empty, rest, struct } from '../../../core/wire/codec.ts';
import { certificateStatus } from '../extensions/status-request.ts';
import { kind } from '../messages.ts';
import { certificateList, rawPublicKeyCertificate } from './certificate.ts';
import { certificateRequest } from './certificate-request.ts';
import { digitallySigned } from './digitally-signed.ts';
import { newSessionTicket } from './new-session-ticket.ts';

export const Certificate = kind('certificate', certificateList);
export const RawPublicKeyCertificate = kind('certificate', rawPublicKeyCertificate);
export const CertificateStatus = kind('certificate_status', certificateStatus);
export const ServerKeyExchange = kind('server_key_exchange', struct({ body: rest }));
export const CertificateRequest = kind('certificate_request', certificateRequest);
export const ServerHelloDone = kind('server_hello_done', empty);
export const ClientKeyExchange = kind('client_key_exchange', struct({ body: rest }));
export const CertificateVerify = kind('certificate_verify', digitallySigned);
export const NewSessionTicket = kind('new_session_ticket', newSessionTicket);
export const HelloRequest = kind('hello_request', empty);
