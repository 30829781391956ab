/** What a scheduler tells an orchestrator and a scraper. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { misplacedSamples, samplesOf } from '@keytrail/testing';
import { openSchedulerFixture, type SchedulerFixture, until } from './scheduler.fixture.js';
import type { RotationScheduler } from './start-rotation.js';

const handler = { type: 'random', value: { length: 32, alphabet: 'abcdef0123456789' } };
const overdue = { intervalSeconds: 3_600, nextRotationAt: '2020-03-01T12:00:00.000Z', handler };

let on: SchedulerFixture;
let scheduler: RotationScheduler;
beforeAll(async () => {
  on = await openSchedulerFixture();
  scheduler = await on.replica();
}, 60_000);
afterAll(() => on?.close(), 30_000);

async function told(path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${scheduler.healthPort}${path}`)).text();
}

it('is ready', async () => {
  expect(JSON.parse(await told('/health/ready'))).toEqual({ status: 'ready' });
});

describe('the metrics of a scheduler', () => {
  const valuesOf = async (name: string) =>
    samplesOf(await told('/metrics'))
      .filter((sample) => sample.name === name)
      .map(({ labels, value }) => [labels['code'], value]);

  it('tell how rotations ended', async () => {
    await on.ask('start', { reference: on.secret(), handler });
    await on.ask('start', { reference: on.secret(), handler });
    const revoked = on.secret();
    on.vault.revoke(revoked);
    await on.ask('set_policy', { reference: revoked, ...overdue, autoRotate: true });
    const ended = await until(
      () => valuesOf('keytrail_rotation_ended_total'),
      ({ length }) => length === 2,
    );
    expect(new Map(ended as [string, number][])).toEqual(
      new Map([
        ['ok', 2],
        ['secret.revoked', 1],
      ]),
    );
  });

  it('tell how many policies are behind their time', async () => {
    const [[, before = 0] = []] = await valuesOf('keytrail_rotation_overdue_items');
    await on.ask('set_policy', { reference: on.secret(), ...overdue });
    expect(await valuesOf('keytrail_rotation_overdue_items')).toEqual([[undefined, Number(before) + 1]]);
  });

  it('never tell of whom', async () => {
    expect(misplacedSamples(await told('/metrics'), ['tenant.', 'acme', on.ports.principal])).toEqual([]);
  });
});
