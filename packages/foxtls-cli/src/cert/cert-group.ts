/** `foxtls cert`: everything about certificates and keys. */

import type { CommandGroup } from '../command/command.ts';
import { caCommand } from './ca-command.ts';
import { convertCommand } from './convert-command.ts';
import { crlCommand } from './crl-command.ts';
import { csrCommand } from './csr-command.ts';
import { fetchCommand } from './fetch-command.ts';
import { hashCommand, rehashCommand } from './hash-command.ts';
import { keyCommand } from './key-command.ts';
import { answerCommand, serveCommand } from './ocsp-answer-commands.ts';
import { askCommand } from './ocsp-ask-command.ts';
import { p7Group } from './p7-commands.ts';
import { p12Command } from './p12-command.ts';
import { pinCommand } from './pin-command.ts';
import { selfSignedCommand } from './self-signed-command.ts';
import { showCommand } from './show-command.ts';
import { signCommand } from './sign-command.ts';
import { verifyCommand } from './verify-command.ts';

const ocspGroup: CommandGroup = {
  kind: 'group',
  name: 'ocsp',
  summary: 'ask whether a certificate is revoked, and answer such questions',
  sections: [{ title: 'commands', commands: [askCommand, answerCommand, serveCommand] }],
};

export const certGroup: CommandGroup = {
  kind: 'group',
  name: 'cert',
  summary: 'certificates and keys, without the openssl binary',
  sections: [
    { title: 'make', commands: [keyCommand, selfSignedCommand, caCommand, csrCommand, signCommand] },
    { title: 'revoke', commands: [crlCommand, ocspGroup] },
    { title: 'look', commands: [showCommand, verifyCommand, fetchCommand, pinCommand] },
    { title: 'store', commands: [convertCommand, p12Command, p7Group, hashCommand, rehashCommand] },
  ],
};
