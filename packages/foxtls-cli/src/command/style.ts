/** Colour and weight of what is printed, on a terminal only, and not where `NO_COLOR` is set (no-color.org). */

export type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** Select Graphic Rendition: begin, end (ECMA-48 §8.3.117). */
const CODES: Readonly<Record<keyof Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** A style that paints, or one that leaves all as it is. */
export function createStyle(isColoured: boolean): Style {
  const paint = (name: keyof Style): Paint => {
    const [begin, end] = CODES[name];
    return (text) => (isColoured && text !== '' ? `\x1b[${begin}m${text}\x1b[${end}m` : text);
  };
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}

/** Whether an output takes colours. `FORCE_COLOR` is what continuous integration sets. */
export function takesColour(environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if ((environment['FORCE_COLOR'] ?? '') !== '') return environment['FORCE_COLOR'] !== '0';
  return isTerminal && environment['TERM'] !== 'dumb';
}
