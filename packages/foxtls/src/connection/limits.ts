/**
 * The documented limits on what a peer can make us hold or do. All are per connection.
 */

export const LIMITS = {
  /** Bytes of a handshake message's body: room for a chain of ten large certificates. */
  maxHandshakeMessage: 65536,
  /** Records in a row that carry nothing. */
  maxEmptyRecords: 32,
  /** KeyUpdates in a row without data between them. */
  keyUpdatesInARow: 32,
  /** Alerts that change nothing (user_canceled). */
  warningAlerts: 4,
  /** Bytes of input that wait while an asynchronous step is pending; beyond, `wantsInput` is false. */
  queuedInput: 65536,
  /** How many more bytes are tolerated after `wantsInput` went false: chunks already on their way. */
  queuedInputOverrun: 1048576,
} as const;
