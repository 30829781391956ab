/** How long one in a hundred waits where the vault is half as busy as it can be, and how long for a bare echo. */
import type { RpcReply } from '@keytrail/contracts';
import { arrivals, type Arrived } from './arrivals.js';
import { blockingClock } from './blocking-clock.js';
import type { DecryptStage, Prepared } from './decrypt-stage.js';
import { perDecrypt, type Used } from './per-decrypt.js';
import { median, quantile } from './rounds.js';
import type { Telling } from './step.js';

const ROUNDS = 5;
const ROUND_MS = 2_000;
const WARM_UP_MS = 1_000;

export interface AtHalf extends Telling, Pick<Prepared, 'echo' | 'decrypt'> {
  /** Decrypts a second that were reached. */
  readonly peak: number;
  readonly stage: Pick<DecryptStage, 'used' | 'batchMedian'>;
}

/** Echo and vault take turns at the very same rate. Answers its figures, and how many decrypts were released. */
export async function atHalfOf({ peak, stage, echo, decrypt, say, signal }: AtHalf) {
  const perSecond = Math.floor(peak / 2);
  const offer = (ask: () => Promise<RpcReply>, forMs: number) =>
    arrivals({ perSecond, forMs, signal, request: async () => (await ask()).ok }, blockingClock);
  await offer(echo, WARM_UP_MS);
  const { done: warmedUp } = await offer(decrypt, WARM_UP_MS);
  const since = new Date();
  const [echoes, decrypts, uses]: [Arrived[], Arrived[], [Used, Used][]] = [[], [], []];
  for (let n = 1; n <= ROUNDS; n++) {
    const limit = await offer(echo, ROUND_MS);
    const before = stage.used();
    const subject = await offer(decrypt, ROUND_MS);
    uses.push([before, stage.used()]);
    echoes.push(limit);
    decrypts.push(subject);
    const [echoed, decrypted] = [limit, subject].map(({ tookMs }) => rounded(quantile(tookMs, 0.99)));
    say(`  round ${n} of ${ROUNDS}: p99 of ${perSecond} a second ${echoed} ms echoed, ${decrypted} ms decrypted`);
  }
  const done = decrypts.reduce((sum, each) => sum + each.done, 0);
  const figures = {
    offeredPerSecond: perSecond,
    ...figuresOf(echoes, decrypts),
    cpuUsPerDecrypt: perDecrypt(uses, done),
    batchMedian: await stage.batchMedian(since),
  };
  return { figures, released: warmedUp + done };
}

/**
 * Of all rounds together; but the ratio is the median of the rounds', so that one stall of the machine is not all.
 * Where too many were refused, a figure is infinite, which JSON calls null.
 */
export function figuresOf(echoes: readonly Arrived[], decrypts: readonly Arrived[]) {
  const of = (rounds: readonly Arrived[], share: number) =>
    rounded(
      quantile(
        rounds.flatMap(({ tookMs }) => tookMs),
        share,
      ),
    );
  const p99s = (rounds: readonly Arrived[]) => rounds.map(({ tookMs }) => quantile(tookMs, 0.99));
  const [limits, subjects] = [p99s(echoes), p99s(decrypts)];
  const ratios = subjects.map((each, n) => each / (limits[n] ?? Number.NaN));
  const spread = (values: readonly number[]) => [Math.min(...values), Math.max(...values)].map(rounded);
  const lateMs = [...echoes, ...decrypts].flatMap((round) => round.lateMs);
  return {
    p50Ms: of(decrypts, 0.5),
    p99Ms: of(decrypts, 0.99),
    echoP50Ms: of(echoes, 0.5),
    echoP99Ms: of(echoes, 0.99),
    p99Ratio: rounded(median(ratios)),
    refused: decrypts.reduce((sum, { done, tookMs }) => sum + tookMs.length - done, 0),
    sentLateP99Ms: rounded(quantile(lateMs, 0.99)),
    spread: { p99Ms: spread(subjects), echoP99Ms: spread(limits), p99Ratio: spread(ratios) },
  };
}

const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000;
