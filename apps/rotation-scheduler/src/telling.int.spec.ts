/** What a scheduler tells an orchestrator and a scraper. */
import { describe, expect, it } from '@jest/globals';
import { misplacedSamples, samplesOf } from '@keytrail/testing';
import { on, openScheduler, PAST, rotate, setPolicy, told } from './asking.fixture.js';
import { until } from './scheduler.fixture.js';

const overdue = { intervalSeconds: 3_600, nextRotationAt: PAST };

openScheduler();

it('is ready', async () => {
  expect(JSON.parse(await told('/health/ready'))).toEqual({ status: 'ready' });
});

describe('the metrics of a scheduler', () => {
  const valuesOf = async (name: string) =>
    samplesOf(await told('/metrics'))
      .filter((sample) => sample.name === name)
      .map(({ labels, value }) => [labels['code'], value]);

  it('tell how rotations ended', async () => {
    await rotate(on().secret());
    await rotate(on().secret());
    const revoked = on().secret();
    on().vault.revoke(revoked);
    await setPolicy(revoked, { ...overdue, autoRotate: true });
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
    await setPolicy(on().secret(), overdue);
    expect(await valuesOf('keytrail_rotation_overdue_items')).toEqual([[undefined, Number(before) + 1]]);
  });

  it('never tell of whom', async () => {
    expect(misplacedSamples(await told('/metrics'), ['tenant.', 'acme', on().ports.principal])).toEqual([]);
  });
});
