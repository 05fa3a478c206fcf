/**
 * A config as far as a transport can carry it: over datagrams some suites may not be used (RFC 6347 §4.1.2.2, RFC 9147 §4.5.3), and a version
 * without suites is not spoken.
 */

import { ApiMisuse } from '../../core/errors/errors.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import type { ProtocolVariant } from './variant.ts';

/** Throws `ApiMisuse`: `ERR_TLS_UNKNOWN_NAME` when nothing is left, `ERR_TLS_SRTP` for SRTP over a stream. */
export function spokenConfig<Config extends ClientConfig | ServerConfig>(variant: ProtocolVariant, config: Config): Config {
  if (config.srtpProfiles.length > 0 && !variant.carriesSrtp) {
    throw new ApiMisuse(
      'ERR_TLS_SRTP',
      'srtpProfiles are for DTLS: keys for SRTP come of no connection over a stream (RFC 5764)',
    );
  }
  const suites = config.suites.filter(variant.hasSuite);
  const tls12Suites = config.tls12Suites.filter(variant.hasTls12Suite);
  const isWhole = suites.length === config.suites.length && tls12Suites.length === config.tls12Suites.length;
  const tls12Versions = config.tls12Versions.filter(
    (version) => variant.versions[version.name] !== undefined && tls12Suites.some((suite) => version.hasSuite(suite)),
  );
  const versions = config.versions.filter((name) =>
    name === 'TLSv1.3' ? suites.length > 0 : tls12Versions.some((version) => version.name === name),
  );
  if (versions.length === 0) {
    const named = [...config.suites, ...config.tls12Suites].map(({ name }) => name).join(', ');
    throw new ApiMisuse(
      'ERR_TLS_UNKNOWN_NAME',
      `nothing of ${config.versions.join(', ')} with ${named} can be spoken by ${variant.name} and the versions before it`,
    );
  }
  return isWhole && versions.length === config.versions.length
    ? config
    : { ...config, suites, tls12Suites, tls12Versions, versions };
}
