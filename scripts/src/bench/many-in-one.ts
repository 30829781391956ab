/** How many values a second are released where twenty are asked for at once, against one by one in the same run. */
import type { DecryptBatchReply, RpcReply } from '@keytrail/contracts';
import type { DecryptStage, Prepared } from './decrypt-stage.js';
import { perDecrypt, type Used } from './per-decrypt.js';
import { served } from './refusal.js';
import { median, quantile, round, type Round } from './rounds.js';
import type { Telling } from './step.js';

const ITEMS = 20;
const ROUNDS = 5;
const ROUND_MS = 2_000;
const WARM_UP_MS = 1_000;

export interface ManyInOne extends Telling, Pick<Prepared, 'decrypt'> {
  /** As many requests are in flight of either kind. */
  readonly inFlight: number;
  readonly valueBytes: number;
  readonly stage: Pick<DecryptStage, 'used' | 'decryptMany'>;
}

/** Both take turns. Answers its figures, and how many values were released. */
export async function manyInOne({ stage, decrypt, inFlight, valueBytes, say, signal }: ManyInOne) {
  const many = stage.decryptMany(valueBytes, ITEMS);
  const load = (request: () => Promise<void>, forMs: number) => round({ inFlight, forMs, signal, request });
  const one = async (): Promise<void> => void served(await decrypt());
  const all = async (): Promise<void> => everyOneServed(await many());
  const warmedUp = [await load(one, WARM_UP_MS), await load(all, WARM_UP_MS)] as const;
  const [singles, batches, uses]: [Round[], Round[], [Used, Used][]] = [[], [], []];
  for (let n = 1; n <= ROUNDS; n++) {
    const single = await load(one, ROUND_MS);
    const before = stage.used();
    const batch = await load(all, ROUND_MS);
    uses.push([before, stage.used()]);
    singles.push(single);
    batches.push(batch);
    const [alone, together] = [single.perSecond, batch.perSecond * ITEMS].map(Math.round);
    say(`  round ${n} of ${ROUNDS}: ${alone} values/s one by one, ${together} in batches of ${ITEMS}`);
  }
  const doneOf = (rounds: readonly Round[]) => rounds.reduce((sum, { done }) => sum + done, 0);
  const released = doneOf([warmedUp[0], ...singles]) + ITEMS * doneOf([warmedUp[1], ...batches]);
  return { figures: figuresOf({ singles, batches, uses }, inFlight), released };
}

interface Measured {
  readonly singles: readonly Round[];
  readonly batches: readonly Round[];
  readonly uses: readonly [Used, Used][];
}

function figuresOf({ singles, batches, uses }: Measured, inFlight: number) {
  const rates = (rounds: readonly Round[], values: number) => rounds.map(({ perSecond }) => perSecond * values);
  const [alone, together] = [rates(singles, 1), rates(batches, ITEMS)];
  const ratios = together.map((rate, i) => rate / (alone[i] ?? Number.NaN));
  const tookMs = batches.flatMap((of) => of.tookMs);
  const rounded = (figure: number) => Math.round(figure * 1_000) / 1_000;
  return {
    items: ITEMS,
    inFlight,
    singlesPerSecond: Math.round(median(alone)),
    valuesPerSecond: Math.round(median(together)),
    ratio: rounded(median(ratios)),
    p50Ms: rounded(quantile(tookMs, 0.5)),
    p99Ms: rounded(quantile(tookMs, 0.99)),
    cpuUsPerDecrypt: perDecrypt(uses, ITEMS * batches.reduce((sum, { done }) => sum + done, 0)),
    spread: { ratio: [Math.min(...ratios), Math.max(...ratios)].map(rounded) },
  };
}

function everyOneServed(reply: RpcReply<DecryptBatchReply>): void {
  const { items } = served(reply);
  if (items.length !== ITEMS) throw new RangeError(`${items.length} of ${ITEMS} were answered`);
  for (const item of items) served(item);
}
