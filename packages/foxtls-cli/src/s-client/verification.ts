/** The verification of a server as openssl s_client tells of it on standard error: `depth=…`, what is wrong, `verify return:1`. */

import type { PeerVerifier } from 'foxtls/crypto';
import { formatName, formatTime } from '../cert/text/value-text.ts';
import type { Terminal } from '../command/terminal.ts';
import { OK, type VerifyError } from '../openssl/verify-errors.ts';
import { type VerifyStep, watchedVerifier } from '../openssl/verify-steps.ts';
import { type Trust, verifierOf } from '../web/trust.ts';

export interface VerificationOptions {
  readonly trust: Trust;
  readonly depth: number | undefined;
  /** What the certificate has to be for. */
  readonly name: string | undefined;
  readonly isAddress: boolean;
  readonly endsAtError: boolean;
  readonly isQuiet: boolean;
}

export class Verification {
  readonly verifier: PeerVerifier;
  /** The last thing that was wrong. */
  error: VerifyError = OK;
  /** As the server presented them. */
  certificates: readonly Uint8Array[] = [];
  readonly #options: VerificationOptions;
  readonly #terminal: Terminal;

  constructor(options: VerificationOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
    const { trust, name, isAddress, depth } = options;
    if (depth !== undefined && !options.isQuiet) terminal.complain(`verify depth is ${depth}`);
    const watched = watchedVerifier((onCertificate) => verifierOf({ ...trust, maxIntermediates: depth }, onCertificate), {
      decide: (step) => this.#decide(step),
      isAddress,
    });
    this.verifier = {
      ...watched,
      verify: (request) => {
        if (request.presented.kind === 'x509') this.certificates = request.presented.certificates;
        return watched.verify({ ...request, serverName: name });
      },
    };
  }

  #decide({ certificate, depth, error }: VerifyStep): boolean {
    const { isQuiet, endsAtError } = this.#options;
    if (error !== undefined) this.error = error;
    if (isQuiet && error === undefined) return true;
    this.#terminal.complain(`depth=${depth} ${formatName(certificate.subject)}`);
    if (error !== undefined) this.#terminal.complain(`verify error:num=${error.number}:${error.words}`);
    // OpenSSL repeats the date where it tells of the certificate again.
    if (this.error.number === 10) this.#terminal.complain(`notAfter=${formatTime(certificate.validTo)}`);
    if (this.error.number === 9) this.#terminal.complain(`notBefore=${formatTime(certificate.validFrom)}`);
    const goesOn = error === undefined || !endsAtError;
    if (goesOn && !isQuiet) this.#terminal.complain('verify return:1');
    return goesOn;
  }
}
