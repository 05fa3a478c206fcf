/**
 * The two ways in which a command ends badly: it was misused (exit 2), or it could not do what was asked (exit 1).
 *
 * Messages are one line and say what to do.
 */

/** The command line is wrong: exit 2. */
export class UsageError extends Error {}

/** What was asked could not be done: exit 1. */
export class CommandFailure extends Error {}

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder, a file is expected',
  ENOTDIR: 'it is a file, a folder is expected',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'files may not be as large as that here',
  EROFS: 'the file system is read-only',
  EEXIST: 'it exists already',
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the other side cut the connection',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name cannot be looked up now (no network?)',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

/** What went wrong, in one line without a stack. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : SYSTEM_WORDS[code];
  if (words !== undefined) return path === undefined ? words : `${path}: ${words}`;
  return error.message.replace(/\s*\n\s*/g, ' ');
}
