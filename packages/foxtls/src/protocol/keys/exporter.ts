/**
 * Exported keying material of a connection, of whichever version (RFC 8446 §7.5, RFC 5705 §4).
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Established } from '../handshake/established.ts';
import type { LabelPrefix } from './hkdf.ts';
import { exportKeyingMaterial } from './key-schedule.ts';
import { exportKeyingMaterialByPrf } from './tls12-key-schedule.ts';

/**
 * `length` in bytes. Throws `ApiMisuse`: `ERR_TLS_OPTION_RANGE` for a label, a context or a length that cannot be,
 * `ERR_TLS_NO_EXTENDED_MASTER_SECRET` where the connection has no material that is its own.
 */
export function exportFrom(
  { suite, exporter }: Pick<Established, 'suite' | 'exporter'>,
  labelPrefix: LabelPrefix,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  // "Hence, the client or server MUST NOT export any key material based on the new master secret for any subsequent application-level
  // authentication. In particular, it MUST disable [RFC5705]" (RFC 7627 §5.4)
  if (exporter === undefined) {
    const problem = 'a connection without extended_master_secret has no keying material to export';
    throw new ApiMisuse('ERR_TLS_NO_EXTENDED_MASTER_SECRET', problem);
  }
  return exporter.kind === 'hkdf'
    ? exportKeyingMaterial({ hash: suite.hash, labelPrefix }, exporter.secret, label, context ?? EMPTY, length)
    : exportKeyingMaterialByPrf(exporter.prf, exporter.secret, exporter.randoms, label, context, length);
}
