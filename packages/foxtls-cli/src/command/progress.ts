/**
 * A line that says how far long work has come: on standard error, where that is a terminal, and nowhere else.
 *
 * ```
 *   big.bin [=========>               ]  37 %  380 MB of 1 GB  92.4 MB/s  7 s left
 *   an RSA key of 8192 bits |  12 s
 * ```
 * Drawn ten times a second at most, over itself, and gone at the end: what is printed after it begins at the left.
 */

import { formatSize } from './sizes.ts';
import type { Terminal } from './terminal.ts';

export interface Progress {
  /** So much is done, of the whole. */
  advance(done: number): void;
  /** Takes the line away. */
  end(): void;
}

export interface ProgressOptions {
  readonly title: string;
  /** Bytes of the whole; undefined when nobody knows. Without it and without `advance`, time is all that is shown. */
  readonly total?: number | undefined;
}

const INTERVAL = 100;
/** Milliseconds that the rate is taken over. */
const WINDOW = 3000;

export function startProgress({ title, total }: ProgressOptions, terminal: Terminal): Progress {
  const { statusLine } = terminal;
  if (statusLine === undefined) return { advance: () => {}, end: () => {} };
  const started = performance.now();
  const samples: Sample[] = [{ time: started, done: 0 }];
  let done = total === undefined ? undefined : 0;
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = () => {
    const now = performance.now();
    drawn = now;
    if (done !== undefined) samples.push({ time: now, done });
    while (samples.length > 2 && now - (samples[1] as Sample).time > WINDOW) samples.shift();
    const rate = rateOf(samples);
    statusLine.draw(formatProgress({ title, total, done, rate, elapsed: now - started, columns: statusLine.columns }));
  };
  draw();
  const timer = setInterval(draw, INTERVAL);
  timer.unref();
  return {
    advance(to) {
      done = to;
      // A timer has no turn where one piece of work follows the other.
      if (performance.now() - drawn >= INTERVAL) draw();
    },
    end() {
      clearInterval(timer);
      statusLine.draw('');
    },
  };
}

interface Sample {
  readonly time: number;
  readonly done: number;
}

/** Bytes a second. */
function rateOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.time <= first.time) return 0;
  return ((last.done - first.done) * 1000) / (last.time - first.time);
}

export interface ProgressState extends ProgressOptions {
  readonly done: number | undefined;
  /** Bytes a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly columns: number;
}

const MIN_BAR = 8;
const MAX_BAR = 40;
/** What is kept free behind the bar, so that it stays where it is while the facts change. */
const FACTS_WIDTH = 56;
const MAX_TITLE = 30;
const WHEEL = ['|', '/', '-', '\\'];

/** The line, shorter than `columns`: one that fills them all would wrap on some terminals. */
export function formatProgress({ title, total, done, rate, elapsed, columns }: ProgressState): string {
  const width = Math.max(0, columns - 1);
  const name = cutToWidth(title, MAX_TITLE);
  if (done === undefined || total === undefined) {
    const wheel = WHEEL[Math.floor(elapsed / INTERVAL) % WHEEL.length];
    const facts = done === undefined ? [] : [formatSize(done), `${formatSize(rate)}/s`];
    return fit([`${name} ${wheel}`, ...facts, formatSeconds(elapsed / 1000)], width);
  }
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const left = rate > 0 ? `${formatSeconds(Math.max(0, total - done) / rate)} left` : 'waiting';
  const bar = formatBar(share, Math.min(MAX_BAR, width - displayWidth(name) - FACTS_WIDTH));
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return fit([`${name}${bar} ${percent}`, `${formatSize(done)} of ${formatSize(total)}`, `${formatSize(rate)}/s`, left], width);
}

function formatBar(share: number, width: number): string {
  if (width < MIN_BAR) return '';
  const full = '='.repeat(Math.floor(share * width));
  return ` [${(share < 1 ? `${full}>` : full).slice(0, width).padEnd(width)}]`;
}

/** As many of the parts as there is room for. */
function fit(parts: readonly string[], width: number): string {
  let line = parts[0] ?? '';
  for (const part of parts.slice(1)) {
    if (displayWidth(line) + 2 + part.length > width) break;
    line += `  ${part}`;
  }
  return cutToWidth(line, width);
}

/** `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (number: number) => String(number).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Columns that a terminal takes for it. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = [...text];
  const dots = '...'.slice(0, Math.max(0, width));
  while (characters.length > 0 && displayWidth(characters.join('')) > width - dots.length) characters.pop();
  return `${characters.join('')}${dots}`;
}
