/** Why a file was not kept: for whoever runs the receiver, and in words that may leave the machine. */

import { CommandFailure } from '../command/failure.ts';

export class NotKept extends CommandFailure {
  /** Without paths of ours. */
  readonly toPeer: string;

  constructor(message: string, toPeer: string) {
    super(message);
    this.toPeer = toPeer;
  }
}
