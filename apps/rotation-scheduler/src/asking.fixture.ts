/** One scheduler for the specs of a file, and what they ask of it. */
import { afterAll, beforeAll, jest } from '@jest/globals';
import type { Reference, RotationPolicy, RotationRun, RotationRunPage, RpcReply } from '@keytrail/contracts';
import { openSchedulerFixture, type SchedulerFixture, until } from './scheduler.fixture.js';
import type { RotationScheduler } from './start-rotation.js';

export const DAY_SECONDS = 86_400;
export const PAST = '2020-03-01T12:00:00.000Z';
export const handler = { type: 'random', value: { length: 32, alphabet: 'abcdef0123456789' } };
export const monthly = { intervalSeconds: 30 * DAY_SECONDS, handler };

// Real servers on a busy machine; nothing here depends on how long anything takes.
jest.setTimeout(30_000);

let fixture: SchedulerFixture;
let scheduler: RotationScheduler;

/** The scheduler and its surroundings; open from the first spec of the file on. */
export const on = (): SchedulerFixture => fixture;

/** To be called once by a spec file: opens everything before its specs, and closes it behind them. */
export function openScheduler(): void {
  beforeAll(async () => {
    fixture = await openSchedulerFixture();
    scheduler = await fixture.replica();
    await until(
      () => fixture.ask('list_policies', {}),
      ({ ok }) => ok,
    );
  }, 60_000);
  afterAll(() => fixture?.close(), 30_000);
}

/** What the scheduler tells an orchestrator or a scraper. */
export const told = async (path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${scheduler.healthPort}${path}`)).text();

export const setPolicy = (reference: Reference, settings: object = {}, rest: object = {}) =>
  on().ask<RotationPolicy>('set_policy', { reference, ...monthly, ...settings }, rest);
export const getPolicy = (reference: Reference) => on().ask<RotationPolicy>('get_policy', { reference });
export const rotate = (reference: Reference, body: object = { handler }, rest: object = {}) =>
  on().ask<RotationRun>('start', { reference, ...body }, rest);
export const runsOf = async (reference: Reference) =>
  valueOf(await on().ask<RotationRunPage>('list_runs', { reference }, { workspace: '_system' })).items;

export function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

export const typesOf = async (reference: Reference) => (await on().eventsOf(reference)).map(({ type }) => type);
export const secondsFromNow = (moment: string | null | undefined) => (Date.parse(moment ?? '') - Date.now()) / 1_000;

/** The runs of a secret once none is running. */
export const endedRuns = (reference: Reference) =>
  until(
    () => runsOf(reference),
    (runs) => runs.length > 0 && runs.every(({ status }) => status !== 'running'),
  );
