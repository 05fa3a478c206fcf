// Whether two classes of input take different times, in the manner of dudect (Reparaz, Balasch, Verbauwhede 2017): samples of both in random
// order, and Welch's t of their times. |t| above 4.5 is taken for a difference. Not a test: it depends on the machine and its neighbours.
import { randomInt } from 'node:crypto';

const WARM_UP_BATCHES = 20;

/**
 * Times of each of two classes, in ns, out of batches in random order. `prepare(pick)` makes what is measured for the class 0 or 1, as long
 * as it likes; `run(prepared)` is timed; `check(result, pick)` throws if the result is not that of the class.
 */
export function sampleTimes({ samples, batch }, { prepare, run, check }) {
  const times = [new Float64Array(samples), new Float64Array(samples)];
  const filled = [0, 0];
  for (let round = -WARM_UP_BATCHES; filled[0] < samples || filled[1] < samples; round++) {
    const picks = Uint8Array.from({ length: batch }, () => randomInt(2));
    const prepared = Array.from(picks, (pick) => prepare(pick));
    for (let i = 0; i < batch; i++) {
      const subject = prepared[i];
      const start = performance.now();
      const result = run(subject);
      const time = (performance.now() - start) * 1e6;
      const pick = picks[i];
      check(result, pick);
      if (round >= 0 && filled[pick] < samples) times[pick][filled[pick]++] = time;
    }
  }
  return times;
}

function welch(a, b) {
  const [first, second] = [a, b].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, error: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length };
  });
  const difference = first.mean - second.mean;
  return { t: difference / Math.sqrt(first.error + second.error), difference };
}

/** The slowest are interruptions: t without those above a percentile of all, as dudect crops. */
function describe(times) {
  const all = Float64Array.from([...times[0], ...times[1]]).sort();
  const crops = [1, 0.99, 0.9, 0.5].map((share) => {
    const most = all[Math.floor((all.length - 1) * share)];
    return welch(...times.map((values) => values.filter((value) => value <= most)));
  });
  const median = all[all.length >> 1];
  const [low, high] = times.map((values) => values.slice().sort()[values.length >> 1]);
  return { median, medians: low - high, crops };
}

const fixed = (value, digits) => value.toFixed(digits).padStart(8);
const LABEL = 112;

export function printHeader(what) {
  console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}, ${what}`);
  console.log(`${' '.repeat(LABEL + 2)} median  difference, ns                |t| without the slowest`);
  console.log(`${' '.repeat(LABEL + 2)}     µs    means (99 %)   medians      0 %      1 %     10 %     50 %`);
}

export function printLine(label, times) {
  const { median, medians, crops } = describe(times);
  const ts = crops.map(({ t }) => fixed(Math.abs(t), 1)).join(' ');
  console.log(
    `${label.padEnd(LABEL)} ${fixed(median / 1000, 2)} ${fixed(crops[1].difference, 1)}       ${fixed(medians, 0)} ${ts}`,
  );
}
