/** Lets a fault come over a whole system under load, and says how it was endured. */
import { afterAll, beforeAll } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import type { ServiceName } from '@keytrail/scripts/system';
import { ledgerOf, type Discrepancies, type Ledger } from './fault-ledger.fixture.js';
import { startLoad, type Load, type Told } from './fault-load.fixture.js';
import { closeStage, openStage, until, type Stage, type StageOptions } from './stage.fixture.js';

export interface Fault {
  readonly begin: () => unknown;
  /** What is waited for while it lasts. */
  readonly meanwhile?: () => Promise<unknown>;
  /** Returns once the server can be reached again. Left out where `begin` returns only then. */
  readonly end?: () => unknown;
}

/** What a fault has left behind. */
export interface Aftermath extends Discrepancies {
  /** Requests that ended long after their deadline. */
  readonly late: readonly Told[];
  /** Codes that no caller should be given for a fault that passes. */
  readonly strange: readonly string[];
  /** Services that had to be started again. */
  readonly restarted: readonly string[];
  /**
   * Whether, within ten seconds after the server could be reached, everything was ready, everybody was served, and the
   * audit had all that was in the journal by then.
   */
  readonly healthyInTime: boolean;
}

/** Endured as promised. */
export const unscathed: Aftermath = {
  lost: [],
  doubled: [],
  differing: [],
  releasedUnseen: 0,
  late: [],
  strange: [],
  restarted: [],
  healthyInTime: true,
};

export interface Scene {
  readonly stage: Stage;
  readonly load: Load;
  readonly ledger: Ledger;
  /** Lets the fault begin and end while everybody works, and returns once everybody is served again. */
  endure(name: string, fault: Fault): Promise<Aftermath>;
}

const HEALTHY_WITHIN_MS = 10_000;
/** A machine that has much else to do. */
const SCHEDULING_MS = 5_000;

const passing = new Set([
  'ok',
  'journal.unavailable',
  'service.unavailable',
  'service.overloaded',
  'request.deadline_exceeded',
]);

/** Opens a stage under load before the specs of a file, and clears it after them. */
export function sceneUnderLoad(options: StageOptions): () => Scene {
  let scene: Scene;
  beforeAll(async () => {
    const stage = await openStage(options);
    const load = await startLoad(stage);
    const ledger = ledgerOf(stage.system, load);
    const endure = async (name: string, fault: Fault): Promise<Aftermath> => {
      const { healthyMs, maxMs, ...aftermath } = await undergo({ stage, load, ledger }, fault);
      const figures = `healthy after ${round(healthyMs)} s, longest request ${round(maxMs)} s`;
      process.stderr.write(`  ${name}: ${figures}\n`);
      return { ...(await ledger.compare()), ...aftermath, healthyInTime: healthyMs <= HEALTHY_WITHIN_MS };
    };
    scene = { stage, load, ledger, endure };
  });
  afterAll(() => scene?.load.stop());
  afterAll(closeStage);
  return () => scene;
}

const round = (ms: number): string => (ms / 1_000).toFixed(1);

interface Endured extends Pick<Aftermath, 'late' | 'strange' | 'restarted'> {
  readonly healthyMs: number;
  readonly maxMs: number;
}

async function undergo({ stage, load, ledger }: Omit<Scene, 'endure'>, fault: Fault): Promise<Endured> {
  await load.untilServed();
  const [from, before] = [load.told.length, pidsOf(stage)];
  try {
    await fault.begin();
    await fault.meanwhile?.();
  } finally {
    await fault.end?.();
  }
  const reachableAtMs = performance.now();
  await load.untilServed();
  await ledger.follow();
  await untilReady(stage);
  const healthyMs = performance.now() - reachableAtMs;
  const [told, after] = [load.told.slice(from), pidsOf(stage)];
  const restarted = Object.keys(before).filter((name) => after[name] !== before[name]);
  const expected = (code: string) => passing.has(code) || (code === 'no answer' && restarted.includes('gateway'));
  return {
    healthyMs,
    maxMs: Math.max(...told.map(({ durationMs }) => durationMs)),
    late: told.filter(({ durationMs }) => durationMs > LIMITS.deadlineDefaultMs + SCHEDULING_MS),
    strange: told.map(({ code }) => code).filter((code) => !expected(code)),
    restarted,
  };
}

const servicesOf = ({ system }: Stage) => Object.keys(system.health) as ServiceName[];

function pidsOf(stage: Stage): Readonly<Record<string, number>> {
  return Object.fromEntries(servicesOf(stage).map((name) => [name, stage.system.pidOf(name)]));
}

/** The services that do not say that they are ready. */
export async function unready({ system }: Stage): Promise<readonly string[]> {
  const asked = Object.entries(system.health).map(async ([name, url]) => {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    return ready ? [] : [name];
  });
  return (await Promise.all(asked)).flat();
}

/** Returns once every service says that it is ready. */
export async function untilReady(stage: Stage): Promise<void> {
  await until(
    () => unready(stage),
    (names) => names.length === 0,
  );
}
