/**
 * Puts records into datagrams, as many as fit (RFC 6347 §4.1.1, RFC 9147 §4.3): those of a flight together, at most as large as the MTU.
 */

import { concatAll, EMPTY } from '../../core/bytes/bytes.ts';
import type { RecordSink } from './outgoing-messages.ts';
import type { RecordForm, WriteEpoch } from './write-epoch.ts';

export class DatagramPacker implements RecordSink {
  /** The largest datagram, in bytes. */
  mtu: number;
  /** Whether that is what the path takes: then losses say nothing of it. */
  knowsMtu = false;
  /** Of protected records. */
  form: RecordForm;
  /** The most content that the peer takes in a protected record (RFC 8449 §4), and in one in the clear (RFC 6066 §4). */
  contentLimit = 2 ** 14;
  clearLimit = 2 ** 14;
  /** The largest datagram since it was set to 0, in bytes. */
  largest = 0;
  /** Made when there is something for them. */
  #open: Uint8Array[] | undefined;
  #openSize = 0;
  #datagrams: Uint8Array[] | undefined;

  constructor(mtu: number, form: RecordForm) {
    this.mtu = mtu;
    this.form = form;
  }

  get hasDatagrams(): boolean {
    return this.#datagrams !== undefined || this.#open !== undefined;
  }

  room(epoch: WriteEpoch, where: 'open' | 'empty', mtu: number = this.mtu): number {
    const room = where === 'open' ? mtu - this.#openSize : mtu;
    return Math.min(epoch.number === 0 ? this.clearLimit : this.contentLimit, epoch.contentLimit(this.#formOf(epoch), room));
  }

  write(epoch: WriteEpoch, type: number, content: Uint8Array): number {
    const form = this.#formOf(epoch);
    if (this.#openSize + epoch.recordLength(form, content.length) > this.mtu) this.flush();
    const { bytes, sequence } = epoch.write(form, type, content);
    this.#open ??= [];
    this.#open.push(bytes);
    this.#openSize += bytes.length;
    return sequence;
  }

  /** The datagram that is open is full, or nothing else belongs into it. */
  flush(): void {
    if (this.#open === undefined) return;
    const [only] = this.#open;
    this.#datagrams ??= [];
    this.#datagrams.push(only !== undefined && this.#open.length === 1 ? only : concatAll(this.#open));
    this.largest = Math.max(this.largest, this.#openSize);
    this.#open = undefined;
    this.#openSize = 0;
  }

  takeDatagrams(): Uint8Array[] {
    this.flush();
    const datagrams = this.#datagrams ?? [];
    this.#datagrams = undefined;
    return datagrams;
  }

  /** Records in the clear bear no id (RFC 9146 §3). */
  #formOf(epoch: WriteEpoch): RecordForm {
    return epoch.number === 0 ? { version: this.form.version, connectionId: EMPTY } : this.form;
  }
}
