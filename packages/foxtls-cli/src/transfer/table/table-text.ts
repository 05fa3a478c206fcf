/** The table as text: a row for each size, a column for each run, and the average. */

export interface Row {
  readonly title: string;
  /** Of each run, undefined where it was not made. */
  readonly values: readonly number[];
}

/** Seconds, to two places behind the point. */
export function formatRows(heading: string, rows: readonly Row[]): string[] {
  const runs = Math.max(0, ...rows.map(({ values }) => values.length));
  const titles = [heading, ...Array.from({ length: runs }, (_, i) => `time ${i + 1}`), 'average'];
  const cells = rows.map(({ title, values }) => [title, ...values.map(seconds), seconds(average(values))]);
  return formatColumns([titles, ...cells]);
}

/** The first column at the left, the others at the right. */
export function formatColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((cells) => (cells[i] ?? '').length)));
  return lines.map((cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function seconds(value: number): string {
  return value.toFixed(2);
}
