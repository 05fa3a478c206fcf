/** What is seen of one connection of `s-client` while it is made, and what is printed of it at once or later. */

import type { TracedMessage } from 'foxtls';
import { OK } from '../openssl/verify-errors.ts';
import type { Link } from './link.ts';
import { extensionLines, messageLines, pointFormatsOf, sessionIdOf, type Ticket, ticketOf } from './messages.ts';
import type { Options, Plan } from './options.ts';
import { briefLines, type ConnectionFacts, type SessionFacts, sessionLines, summaryLines } from './summary.ts';
import type { Verification } from './verification.ts';

export class Observer {
  readonly #plan: Plan;
  readonly #options: Options;
  readonly #verification: Verification;
  readonly #say: (line: string) => void;
  readonly #start: Date;
  #sessionId: Uint8Array = new Uint8Array(0);
  /** Of TLS 1.2, which comes before the end of the handshake. */
  #ticket: Ticket | undefined;
  /** Of TLS 1.3, before the summary was printed. */
  #early: Ticket[] = [];
  #link: Link | undefined;
  #pointFormats: readonly string[] = [];

  constructor(plan: Plan, options: Options, verification: Verification, start: Date, say: (line: string) => void) {
    this.#plan = plan;
    this.#options = options;
    this.#verification = verification;
    this.#start = start;
    this.#say = say;
  }

  onMessage(message: TracedMessage): void {
    const { msg, tlsextdebug } = this.#options;
    if (msg) for (const line of messageLines(message, this.#plan.newest)) this.#say(line);
    if (tlsextdebug) for (const line of extensionLines(message)) this.#say(line);
    this.#sessionId = sessionIdOf(message) ?? this.#sessionId;
    const formats = pointFormatsOf(message);
    if (formats.length > 0) this.#pointFormats = formats;
    const ticket = ticketOf(message);
    if (ticket === undefined) return;
    if (message.version !== 'TLSv1.3') this.#ticket = ticket;
    else if (this.#link === undefined) this.#early.push(ticket);
    else this.#sayTicket(ticket, this.#link);
  }

  /** The handshake is over. */
  sayConnection(link: Link): void {
    this.#link = link;
    const facts = this.#factsOf(link);
    for (const line of this.#options.brief ? briefLines(facts) : summaryLines(facts)) this.#say(line);
    for (const ticket of this.#early.splice(0)) this.#sayTicket(ticket, link);
  }

  /** There will be none. */
  sayFailure(bytesRead: number, bytesWritten: number): void {
    if (this.#options.brief) return;
    const { certificates, error } = this.#verification;
    const facts = {
      certificates,
      info: undefined,
      cipher: '',
      bytesRead,
      bytesWritten,
      verifyError: error,
      session: undefined,
      verifyName: undefined,
      pointFormats: [],
    };
    for (const line of summaryLines({ ...facts, showCertificates: this.#options.showcerts ?? false })) this.#say(line);
  }

  /** For `--json`. */
  factsFor(link: Link) {
    const { info, cipher, bytesRead, bytesWritten } = link;
    const { certificates, error } = this.#verification;
    return {
      version: info?.version,
      cipher,
      group: info?.group?.name,
      signature: info?.signatureScheme?.name,
      alpn: info?.alpnProtocol,
      resumed: info?.resumed,
      certificates: certificates.length,
      verifyCode: error.number,
      verify: error.words,
      bytesRead,
      bytesWritten,
    };
  }

  #factsOf(link: Link): ConnectionFacts {
    const { info, cipher, bytesRead, bytesWritten } = link;
    const presented = info !== undefined && 'certificates' in info.peer ? info.peer.certificates : [];
    return {
      certificates: presented.length > 0 ? presented : this.#verification.certificates,
      info,
      cipher,
      bytesRead,
      bytesWritten,
      verifyError: this.#verification.error,
      session: this.#sessionOf(link, this.#ticket),
      showCertificates: this.#options.showcerts ?? false,
      verifyName: this.#plan.verifyName,
      pointFormats: this.#pointFormats,
    };
  }

  #sessionOf({ info, cipher }: Link, ticket: Ticket | undefined): SessionFacts {
    const { version = '', extendedMasterSecret = false } = info ?? {};
    return { version, cipher, id: this.#sessionId, ticket, start: this.#start, extendedMasterSecret };
  }

  #sayTicket(ticket: Ticket, link: Link): void {
    if (this.#options.brief) return;
    const { error } = this.#verification;
    const block = sessionLines(this.#sessionOf(link, ticket), error.number === 0 ? OK : error);
    for (const line of ['---', 'Post-Handshake New Session Ticket arrived:', ...block, '---', 'read R BLOCK']) this.#say(line);
  }
}
