/**
 * Requests out of a stream (RFC 9112): their heads, one after the other, as browsers and other clients send them, in as many parts as they like.
 *
 * What is no HTTP is a request, too, as soon as it comes: who says anything gets the page. After a request with a body the connection is over; its
 * body is not read.
 */

export interface WebRequest {
  /** As it came, without the empty line at its end. */
  readonly text: string;
  readonly isHead: boolean;
  /** Whether another request may follow. */
  readonly keepsAlive: boolean;
}

/** As much of a head is read. */
const MAX_HEAD = 16 * 1024;
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20} \S+ HTTP\/1\.[0-9]$/;
/** What a request line may begin with. */
const BEGINNING = /^[A-Z]{1,20}( |$)/;

export class Requests {
  /** More than a head has: nothing is read any more. */
  isTooLong = false;
  #waiting = '';
  #isOver = false;

  /** The requests that are whole now. */
  push(bytes: Uint8Array): WebRequest[] {
    if (this.#isOver || this.isTooLong) return [];
    this.#waiting += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const requests: WebRequest[] = [];
    for (let request = this.#next(); request !== undefined; request = this.#next()) requests.push(request);
    return requests;
  }

  #next(): WebRequest | undefined {
    if (this.#isOver) return undefined;
    // RFC 9112 §2.2: empty lines before a request are ignored.
    this.#waiting = this.#waiting.replace(/^(\r?\n)+/, '');
    if (this.#waiting === '') return undefined;
    if (!BEGINNING.test(this.#waiting)) return this.#last(this.#waiting);
    const end = /\r?\n\r?\n/.exec(this.#waiting);
    if (end === null || end.index > MAX_HEAD) {
      this.isTooLong = this.#waiting.length > MAX_HEAD;
      return undefined;
    }
    const text = this.#waiting.slice(0, end.index);
    const [line = '', ...fields] = text.split(/\r?\n/);
    if (!REQUEST_LINE.test(line)) return this.#last(text);
    this.#waiting = this.#waiting.slice(end.index + end[0].length);
    const keepsAlive = staysOpen(line, fields);
    this.#isOver = !keepsAlive;
    return { text, isHead: line.startsWith('HEAD '), keepsAlive };
  }

  #last(text: string): WebRequest {
    this.#isOver = true;
    return { text, isHead: false, keepsAlive: false };
  }
}

function staysOpen(line: string, fields: readonly string[]): boolean {
  const fieldValue = (name: string) =>
    fields
      .find((field) => field.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim()
      .toLowerCase();
  const hasBody = (fieldValue('content-length') ?? '0') !== '0' || fieldValue('transfer-encoding') !== undefined;
  const connection = fieldValue('connection')?.split(/\s*,\s*/) ?? [];
  if (hasBody || connection.includes('close')) return false;
  return line.endsWith('HTTP/1.0') ? connection.includes('keep-alive') : true;
}
