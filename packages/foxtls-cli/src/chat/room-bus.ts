/** What makes one room of several servers: it brings each server's messages to all, in their order, and gives out ids. */

import type { RoomMessage } from './room.ts';

export interface RoomBus {
  /** What the others call this server. */
  readonly server: string;
  /** What cannot be brought now is dropped. */
  publish(message: RoomMessage): void;
  /** An id that no server has given to anybody. Rejects with `NameRefused` while the bus is away. */
  nextId(): Promise<number>;
  /** Messages of all servers, our own among them. */
  onMessage(listener: (server: string, message: RoomMessage) => void): void;
  /** The bus is there again: what was said meanwhile is lost. */
  onOpen(listener: () => void): void;
  close(): Promise<void>;
}
