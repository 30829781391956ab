/** The whole system under load for a long time: whether throughput, memory and lag hold, and every count is exact. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Code, RpcReply } from '@keytrail/contracts';
import { samplesOf } from '@keytrail/testing';
import { serviceNames, type System } from '../system.js';
import type { DecryptStage } from './decrypt-stage.js';
import { journalCounts, readersHaveSettled } from './journal-counts.js';
import { onStage } from './on-stage.js';
import { perDecrypt } from './per-decrypt.js';
import { privateMbOf, residentMbOf } from './process-use.js';
import { ReaderLag } from './reader-lag.js';
import { addsUp, figuresOf, type SoakSample } from './soak-figures.js';
import type { Telling } from './step.js';
import { surroundings } from './surroundings.js';

const IN_FLIGHT = 64;
const VALUE_BYTES = 64;
const SAMPLE_MS = 10_000;
const WARM_UP_MS = 5_000;
/** Whoever was refused waits a little, as a client does. */
const REFUSED_PAUSE_MS = 100;

export interface SoakOptions {
  /** Rounded to whole samples of ten seconds, one at least. */
  readonly minutes: number;
}

/** `signal` ends it at the next reply. */
export async function benchSoak({ say, signal }: Telling, { minutes }: SoakOptions) {
  const around = surroundings();
  const samples = Math.max(1, Math.round((minutes * 60_000) / SAMPLE_MS));
  say('starting a Keytrail of its own');
  const measured = await onStage({ say, signal, sizes: [VALUE_BYTES] }, async (stage, system) => {
    const soaking = { stage, system, lag: new ReaderLag(system), samples, say, signal };
    const { taken, released, refused } = await soak(soaking);
    const since = performance.now();
    await readersHaveSettled(system, soaking.lag, signal);
    const settledMs = Math.round(performance.now() - since);
    const counts = await journalCounts(system);
    return { addsUp: addsUp(released, counts), ...figuresOf(taken), released, ...counts, refused, settledMs };
  });
  return {
    name: 'soak',
    ...measured,
    minutes: (samples * SAMPLE_MS) / 60_000,
    inFlight: IN_FLIGHT,
    valueBytes: VALUE_BYTES,
    sampleMs: SAMPLE_MS,
    ...around,
  };
}

interface Soaking extends Telling {
  readonly stage: DecryptStage;
  readonly system: System;
  readonly lag: ReaderLag;
  readonly samples: number;
}

/** Keeps decrypts under way, and looks on; `refused` is by code. */
async function soak(soaking: Soaking) {
  const { stage, samples, say, signal } = soaking;
  const load = startLoad(stage.decrypt(VALUE_BYTES));
  const taken: SoakSample[] = [];
  try {
    await Promise.race([load.failed, sleep(WARM_UP_MS, undefined, { signal })]);
    const progress = () => ({ released: load.released(), atMs: performance.now(), used: stage.used() });
    let before = progress();
    for (let n = 1; n <= samples; n++) {
      await Promise.race([load.failed, sleep(SAMPLE_MS, undefined, { signal })]);
      const now = progress();
      const released = now.released - before.released;
      const perSecond = (released * 1_000) / (now.atMs - before.atMs);
      const cpuUsPerDecrypt = perDecrypt([[before.used, now.used]], released);
      before = now;
      const sample = { perSecond, cpuUsPerDecrypt, ...(await look(soaking)) };
      taken.push(sample);
      say(`  ${n} of ${samples}: ${told(sample)}`);
    }
  } finally {
    await load.stop();
  }
  return { taken, released: load.released(), refused: load.refused };
}

async function look({ stage, system, lag }: Soaking): Promise<Omit<SoakSample, 'perSecond' | 'cpuUsPerDecrypt'>> {
  const resident = [...serviceNames, 'nats' as const].map((name) => [name, residentMbOf(system.pidOf(name))] as const);
  const relayLag = samplesOf(await stage.metrics()).find(({ name }) => name === 'keytrail_journal_unpublished_seconds');
  return {
    lagMs: await lag.ms(),
    relayLagMs: relayLag === undefined ? null : Math.round(relayLag.value * 1_000),
    rssMb: {
      ...Object.fromEntries(resident),
      postgres: privateMbOf(system.pidOf('postgres')),
      caller: residentMbOf(process.pid),
    },
  };
}

function told({ perSecond, lagMs, relayLagMs, rssMb }: SoakSample): string {
  const memory = Object.entries(rssMb).map(([name, mb]) => `${name} ${mb}`);
  return `${Math.round(perSecond)} decrypts/s, lag ${lagMs} ms (relay ${relayLagMs} ms), MB: ${memory.join(', ')}`;
}

/** As many under way as there are lanes, until it is stopped. */
function startLoad(decrypt: () => Promise<RpcReply>) {
  const stopping = new AbortController();
  const refused: Partial<Record<Code, number>> = {};
  let released = 0;
  const lane = async () => {
    while (!stopping.signal.aborted) {
      const reply = await decrypt();
      if (reply.ok) {
        released++;
        continue;
      }
      refused[reply.error.code] = (refused[reply.error.code] ?? 0) + 1;
      await sleep(REFUSED_PAUSE_MS);
    }
  };
  const lanes = Array.from({ length: IN_FLIGHT }, lane);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  for (const each of lanes) each.catch(reject);
  return {
    refused: refused as Readonly<typeof refused>,
    released: () => released,
    /** Rejects where a request does. */
    failed,
    /** Returns once the last request has been answered. */
    stop: async () => {
      stopping.abort();
      await Promise.allSettled(lanes);
    },
  };
}
