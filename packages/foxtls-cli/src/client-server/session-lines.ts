/** What both programs print of a connection, in wolfSSL's lines. */

import type { ConnectionInfo } from 'foxtls';
import { printable } from '../command/printable.ts';
import type { Report } from '../command/report.ts';
import { describeSession } from '../network/session-text.ts';
import type { Channel } from './channel.ts';
import { wolfSslGroup, wolfSslSuite, wolfSslVersion } from './wolfssl-names.ts';

/** Version, suite, group if there is one, and whether a session was resumed. */
export function sessionLines({ version, suite, group, resumed }: ConnectionInfo): string[] {
  return [
    `SSL version is ${wolfSslVersion(version)}`,
    `SSL cipher suite is ${wolfSslSuite(suite.name)}`,
    ...(group === undefined ? [] : [`SSL curve name is ${wolfSslGroup(group.name)}`]),
    ...(resumed ? ['reused session id'] : []),
  ];
}

/** For `--verbose`. */
export function describeSessionOf({ info, peer, authorized }: Channel): string {
  return `${peer}: ${describeSession({ connectionInfo: info, authorized })}`;
}

export function saySession({ info, peer }: Channel, report: Report): void {
  const { version, suite, group, resumed, serverName, alpnProtocol, extendedMasterSecret, helloRetryRequest } = info;
  report.say(sessionLines(info).join('\n'), {
    event: 'session',
    peer,
    version,
    suite: suite.name,
    group: group?.name,
    resumed,
    serverName: serverName && printable(serverName),
    alpnProtocol: alpnProtocol && printable(alpnProtocol),
    maxFragmentLength: info.maxFragmentLength,
    extendedMasterSecret,
    helloRetryRequest,
  });
}
