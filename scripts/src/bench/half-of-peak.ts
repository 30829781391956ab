/** How long one in a hundred waits where the vault is half as busy as it can be, and how long for a bare echo. */
import type { RpcReply } from '@keytrail/contracts';
import { arrivals, type Arrived, type Clock } from './arrivals.js';
import type { Prepared } from './decrypt-stage.js';
import { served } from './refusal.js';
import { median, quantile } from './rounds.js';
import type { Telling } from './step.js';
import { startWaker } from './waker.js';

const ROUNDS = 5;
const ROUND_MS = 2_000;
const WARM_UP_MS = 1_000;

export interface AtHalf extends Telling, Pick<Prepared, 'echo' | 'decrypt'> {
  /** Decrypts a second that were reached. */
  readonly peak: number;
}

/** Echo and vault take turns at the very same rate. Answers its figures, and how many decrypts were released. */
export async function atHalfOf(half: AtHalf) {
  const waker = await startWaker();
  try {
    return await offerHalf(half, waker);
  } finally {
    await waker.close();
  }
}

async function offerHalf({ peak, echo, decrypt, say, signal }: AtHalf, clock: Clock) {
  const perSecond = Math.floor(peak / 2);
  const offer = (ask: () => Promise<RpcReply>, forMs: number) =>
    arrivals({ perSecond, forMs, signal, request: async () => void served(await ask()) }, clock);
  await offer(echo, WARM_UP_MS);
  const { done: warmedUp } = await offer(decrypt, WARM_UP_MS);
  const [echoes, decrypts]: [Arrived[], Arrived[]] = [[], []];
  for (let n = 1; n <= ROUNDS; n++) {
    const [echoed, decrypted] = [await offer(echo, ROUND_MS), await offer(decrypt, ROUND_MS)];
    echoes.push(echoed);
    decrypts.push(decrypted);
    const [limit, subject] = [echoed, decrypted].map(({ tookMs }) => rounded(quantile(tookMs, 0.99)));
    say(`  round ${n} of ${ROUNDS}: p99 of ${perSecond} a second ${limit} ms echoed, ${subject} ms decrypted`);
  }
  const released = decrypts.reduce((sum, { done }) => sum + done, warmedUp);
  return { figures: { offeredPerSecond: perSecond, ...figuresOf(echoes, decrypts) }, released };
}

/** Of all rounds together; but the ratio is the median of the rounds', so that one stall of the machine is not all. */
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
    sentLateP99Ms: rounded(quantile(lateMs, 0.99)),
    spread: { p99Ms: spread(subjects), echoP99Ms: spread(limits), p99Ratio: spread(ratios) },
  };
}

const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000;
