/**
 * Where passwords come from: never only the command line, which everybody on the machine can read.
 *
 * ```
 * env:NAME   file:PATH (its first line)   prompt   pass:TEXT (for scripts that do not mind)
 * ```
 */

import { readFileSync } from 'node:fs';
import { CommandFailure, UsageError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** What the help says of an option that takes a password. */
export const PASSWORD_FORMS = 'env:NAME, file:PATH, prompt, or pass:TEXT (which others can see)';

export interface PasswordRequest {
  /** The value of the option, in one of the four forms. */
  readonly source: string | undefined;
  /** Of what, for the question: `ca-key.pem`. */
  readonly subject: string;
  /** Ask twice: something new is encrypted. */
  readonly isNew?: boolean;
}

/** The password that an option leads to; undefined when the option is not there. */
export async function readPassword(request: PasswordRequest, terminal: Terminal): Promise<string | undefined> {
  const { source } = request;
  if (source === undefined) return undefined;
  const [, form, rest = ''] = /^(env|file|pass|prompt)(?::(.*))?$/s.exec(source) ?? [];
  switch (form) {
    case 'env':
      return readEnvironment(rest, terminal);
    case 'file':
      return readFirstLine(rest);
    case 'pass':
      return rest;
    case 'prompt':
      return askPassword(request, terminal);
    default:
      throw new UsageError(`a password is given as ${PASSWORD_FORMS}`);
  }
}

/** Like `readPassword`, but asks when the option is not there. */
export async function requirePassword(request: PasswordRequest, terminal: Terminal): Promise<string> {
  return (await readPassword(request, terminal)) ?? askPassword(request, terminal);
}

async function askPassword({ subject, isNew = false }: PasswordRequest, terminal: Terminal): Promise<string> {
  const password = await terminal.askSecret(`Password for ${subject}: `);
  if (isNew && (await terminal.askSecret('The same again: ')) !== password) throw new CommandFailure('the passwords differ');
  return password;
}

function readEnvironment(name: string, terminal: Terminal): string {
  const value = terminal.environment[name];
  if (value === undefined) throw new CommandFailure(`the environment has no variable ${name} with a password`);
  return value;
}

function readFirstLine(path: string): string {
  return (readFileSync(path, 'utf8').split(/\r?\n/)[0] as string) ?? '';
}
