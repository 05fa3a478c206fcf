/** The protocols that begin in clear and go on to TLS on the same connection: their dialogues, and the ports that they usually have. */

import type { Dialogue } from './dialogue.ts';
import { ftpDialogue } from './ftp.ts';
import { imapDialogue } from './imap.ts';
import { mysqlDialogue } from './mysql.ts';
import { pop3Dialogue } from './pop3.ts';
import { postgresDialogue } from './postgres.ts';
import { smtpDialogue } from './smtp.ts';
import { xmppDialogue } from './xmpp.ts';

export interface StartTlsProtocol {
  readonly port: number;
  /** `serverName`: as whom the server is addressed. */
  readonly begin: (serverName: string) => Dialogue;
}

export const STARTTLS_PROTOCOLS = {
  smtp: { port: 25, begin: smtpDialogue },
  imap: { port: 143, begin: imapDialogue },
  pop3: { port: 110, begin: pop3Dialogue },
  ftp: { port: 21, begin: ftpDialogue },
  xmpp: { port: 5222, begin: xmppDialogue },
  postgres: { port: 5432, begin: postgresDialogue },
  mysql: { port: 3306, begin: mysqlDialogue },
} as const satisfies Readonly<Record<string, StartTlsProtocol>>;

export type StartTlsName = keyof typeof STARTTLS_PROTOCOLS;

/** For the `choices` of an option. */
export const STARTTLS_NAMES: readonly StartTlsName[] = Object.keys(STARTTLS_PROTOCOLS) as StartTlsName[];
