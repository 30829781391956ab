/** How many audited decrypts a second are released, against a bare echo of the same sizes over the same kind of bus. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RpcReply } from '@keytrail/contracts';
import { cacheLookupsIn, hitRatio } from './cache-lookups.js';
import type { DecryptStage, Prepared } from './decrypt-stage.js';
import { atHalfOf } from './half-of-peak.js';
import { manyInOne } from './many-in-one.js';
import { onStage } from './on-stage.js';
import { perDecrypt, type Used } from './per-decrypt.js';
import { served } from './refusal.js';
import { median, quantile, round, type Round } from './rounds.js';
import { type Chosen, PEAK, type Scenario } from './scenario.js';
import type { Telling } from './step.js';
import { surroundings } from './surroundings.js';

const ROUNDS = 5;
const ROUND_MS = 2_000;
const WARM_UP_MS = 1_000;
/** Readers that keep up have taken in what is there within this time. */
const SETTLE_MS = 500;

export interface DecryptOptions extends Chosen {
  /** Where one round of the vault's work is written, as `.cpuprofile`: of the last scenario that has one vault. */
  readonly profile?: string | undefined;
}

export async function benchDecrypt({ say, signal }: Telling, options: DecryptOptions) {
  const around = surroundings();
  const { scenarios, profile } = options;
  say('starting a Keytrail of its own, and an echo beside it');
  const nodeOptions = profile === undefined ? {} : { vault: ['--import', profilerFor(profile)] };
  const sizes = scenarios.map(({ valueBytes }) => valueBytes);
  const measured = await onStage({ say, signal, sizes, nodeOptions }, (stage) =>
    measureAll(stage, { say, signal, ...options }),
  );
  return { name: 'decrypt', ...measured, rounds: ROUNDS, roundMs: ROUND_MS, ...around };
}

type Measuring = Telling & DecryptOptions;

/** What is measured behind the peak has figures of its own, beside the scenarios; null where it was not asked for. */
async function measureAll(stage: DecryptStage, measuring: Measuring) {
  const before = await stage.committed();
  const measured = [];
  let behind: Behind = { atHalfOfPeak: null, manyInOne: null, released: 0 };
  let released = 0;
  for (const scenario of measuring.scenarios) {
    measuring.say(`${scenario.name}:`);
    const { figures, released: more, prepared } = await measure(stage, scenario, measuring);
    measured.push(figures);
    released += more;
    if (scenario === PEAK)
      behind = await behindPeak(stage, { ...prepared, ...measuring, peak: figures.decryptsPerSecond });
  }
  released += behind.released;
  const committedEvents = (await stage.committed()) - before;
  const { atHalfOfPeak, manyInOne: many } = behind;
  return {
    addsUp: committedEvents === released,
    committedEvents,
    released,
    scenarios: measured,
    atHalfOfPeak,
    manyInOne: many,
  };
}

interface Behind {
  readonly atHalfOfPeak: Awaited<ReturnType<typeof atHalfOf>>['figures'] | null;
  readonly manyInOne: Awaited<ReturnType<typeof manyInOne>>['figures'] | null;
  readonly released: number;
}

async function behindPeak(
  stage: DecryptStage,
  { peak, ...measuring }: Prepared & Measuring & { readonly peak: number },
): Promise<Behind> {
  const { say } = measuring;
  if (measuring.atHalfOfPeak) say('half of that:');
  const half = measuring.atHalfOfPeak ? await atHalfOf({ ...measuring, stage, peak }) : null;
  if (measuring.manyInOne) say('many in one:');
  const many = measuring.manyInOne ? await manyInOne({ ...measuring, ...PEAK, stage }) : null;
  const released = (half?.released ?? 0) + (many?.released ?? 0);
  return { atHalfOfPeak: half?.figures ?? null, manyInOne: many?.figures ?? null, released };
}

async function measure(stage: DecryptStage, scenario: Scenario, measuring: Measuring) {
  const prepared = await stage.prepare(scenario);
  const since = new Date();
  const { echoes, decrypts, uses, lags, warmedUp, cacheHitRatio } = await alternate(stage, {
    ...prepared,
    scenario,
    ...measuring,
  });
  const done = decrypts.reduce((sum, each) => sum + each.done, 0);
  const { requestBytes, replyBytes } = prepared;
  const figures = {
    ...scenario,
    ...ratesOf(echoes, decrypts),
    cpuUsPerDecrypt: perDecrypt(uses, done),
    batchMedian: await stage.batchMedian(since),
    cacheHitRatio,
    lagMs: lags.includes(null) ? null : Math.max(...(lags as number[])),
    rssMb: stage.residentMb(),
    requestBytes,
    replyBytes,
  };
  return { figures, released: warmedUp + done + 1, prepared };
}

/** Limit and subject take turns, so that whatever else the machine does meets both. */
async function alternate(
  stage: DecryptStage,
  { echo, decrypt, scenario, say, signal, profile }: Prepared & Measuring & { readonly scenario: Scenario },
) {
  const load = (ask: () => Promise<RpcReply>, forMs: number) =>
    round({ inFlight: scenario.inFlight, forMs, signal, request: async () => void served(await ask()) });
  await load(echo, WARM_UP_MS);
  const { done: warmedUp } = await load(decrypt, WARM_UP_MS);
  const lookedUp = cacheLookupsIn(await stage.metrics());
  const [echoes, decrypts]: [Round[], Round[]] = [[], []];
  const [uses, lags]: [[Used, Used][], (number | null)[]] = [[], []];
  for (let n = 1; n <= ROUNDS; n++) {
    // What readers have still to do is not the echo's to wait for.
    if (scenario.whole) await sleep(SETTLE_MS);
    const limit = await load(echo, ROUND_MS);
    const isProfiled = profile !== undefined && n === ROUNDS && scenario.replicas === 1;
    if (isProfiled) await stage.toggleProfile();
    const before = stage.used();
    const subject = await load(decrypt, ROUND_MS);
    uses.push([before, stage.used()]);
    lags.push(await stage.lagMs());
    if (isProfiled) await stage.toggleProfile();
    echoes.push(limit);
    decrypts.push(subject);
    const [echoed, decrypted] = [limit, subject].map(({ perSecond }) => Math.round(perSecond));
    say(`  round ${n} of ${ROUNDS}: ${echoed} echoes/s, ${decrypted} decrypts/s`);
  }
  const cacheHitRatio = hitRatio(lookedUp, cacheLookupsIn(await stage.metrics()));
  return { echoes, decrypts, uses, lags, warmedUp, cacheHitRatio };
}

const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000;

function ratesOf(echoes: readonly Round[], decrypts: readonly Round[]) {
  const rates = (rounds: readonly Round[]) => rounds.map(({ perSecond }) => Math.round(perSecond));
  const ratios = decrypts.map(({ perSecond }, i) => perSecond / (echoes[i]?.perSecond ?? Number.NaN));
  const tookMs = decrypts.flatMap((of) => of.tookMs);
  const echoTookMs = echoes.flatMap((of) => of.tookMs);
  const spread = (values: readonly number[]) => [Math.min(...values), Math.max(...values)].map(rounded);
  return {
    echoPerSecond: median(rates(echoes)),
    decryptsPerSecond: median(rates(decrypts)),
    ratio: rounded(median(ratios)),
    p50Ms: rounded(quantile(tookMs, 0.5)),
    p99Ms: rounded(quantile(tookMs, 0.99)),
    echoP99Ms: rounded(quantile(echoTookMs, 0.99)),
    spread: { echoPerSecond: spread(rates(echoes)), decryptsPerSecond: spread(rates(decrypts)), ratio: spread(ratios) },
  };
}

/** The module that is preloaded, told where to write. */
function profilerFor(file: string): string {
  const url = new URL('profiler.js', import.meta.url);
  url.searchParams.set('to', path.resolve(file));
  return url.href;
}
