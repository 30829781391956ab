/** What the samples of a long run amount to, and whether its counts are those of what was released. */
import { type Fifths, fifthsOf, maxOf, medianOf } from './fifths.js';
import type { JournalCounts } from './journal-counts.js';
import type { Used } from './per-decrypt.js';

/** A look at the running system. */
export interface SoakSample {
  /** Decrypts a second since the look before. */
  readonly perSecond: number;
  /** Of processor time since the look before, by process. */
  readonly cpuUsPerDecrypt: Used;
  /** Since when the first event waits that a reader of the journal has not taken in. */
  readonly lagMs: number | null;
  /** Since when the first event waits that is not known to be in the stream; null where the vault did not tell. */
  readonly relayLagMs: number | null;
  /** Of each process, resident; of PostgreSQL's processes together, what is not shared. */
  readonly rssMb: Readonly<Record<string, number | null>>;
}

/** A figure that should hold, and the highest that it was. */
export interface Held extends Fifths {
  readonly max: number | null;
}

export function figuresOf(samples: readonly SoakSample[]) {
  const rates = samples.map(({ perSecond }) => Math.round(perSecond));
  const held = fifthsOf(rates);
  const spread = (values: readonly (number | null)[]) => ({ median: medianOf(values), max: maxOf(values) });
  return {
    decryptsPerSecond: { median: medianOf(rates), ...held },
    throughputRatio: Math.round(((held.lastFifth ?? Number.NaN) / (held.firstFifth ?? Number.NaN)) * 1_000) / 1_000,
    lagMs: spread(samples.map(({ lagMs }) => lagMs)),
    relayLagMs: spread(samples.map(({ relayLagMs }) => relayLagMs)),
    cpuUsPerDecrypt: heldByProcess(samples.map(({ cpuUsPerDecrypt }) => cpuUsPerDecrypt)),
    rssMb: heldByProcess(samples.map(({ rssMb }) => rssMb)),
  };
}

function heldByProcess(samples: readonly Readonly<Record<string, number | null>>[]): Readonly<Record<string, Held>> {
  const names = Object.keys(samples[0] ?? {});
  const of = (name: string): Held => {
    const each = samples.map((sample) => sample[name] ?? null);
    return { ...fifthsOf(each), max: maxOf(each) };
  };
  return Object.fromEntries(names.map((name) => [name, of(name)]));
}

/** Every count is the number of replies that the caller got, and there were some. */
export const addsUp = (released: number, counts: JournalCounts): boolean =>
  released > 0 && Object.values(counts).every((count) => count === released);
