/** How policies and runs are shown. */
import { describe, expect, it } from '@jest/globals';
import { type RotationEvent, RotationPolicy, RotationRun } from '@keytrail/contracts';
import {
  after,
  completed,
  DAY_SECONDS,
  failed,
  idOf,
  noon,
  policyDeleted,
  policySet,
  principal,
  recorded,
  reference,
  started,
  stepCompleted,
} from './rotation.fixture.js';
import { describeLatestRun, describePolicy, policyAt, type StandingPolicy } from './rotation.view.js';

type Events = RotationEvent[];
const policy = (...events: Events) => describePolicy(reference, recorded(...events));
const run = (...events: Events) => describeLatestRun(reference, recorded(...events));

describe('a policy', () => {
  it('is shown with the moments that follow from it', () => {
    const shown = policyAt(policy(policySet()) as StandingPolicy, noon);
    expect(RotationPolicy.parse(shown)).toMatchObject({
      reference,
      workspace: 'acme',
      status: 'scheduled',
      notifyAt: after(DAY_SECONDS - 3_600),
      lastRotationId: null,
      lastRotatedAt: null,
      revision: 1,
      updatedAt: noon,
    });
  });

  it.each([
    ['scheduled', DAY_SECONDS - 3_601],
    ['approaching', DAY_SECONDS - 3_600],
    ['approaching', DAY_SECONDS - 1],
    ['overdue', DAY_SECONDS],
  ])('is %s %d seconds after noon, where it falls due at noon tomorrow', (status, seconds) => {
    expect(policyAt(policy(policySet()) as StandingPolicy, after(seconds))).toMatchObject({ status });
  });

  it('tells the rotation that was completed last, by hand too, and falls due an interval after it', () => {
    const next = after(9 * DAY_SECONDS);
    expect(policy(started(1, 'manual'), stepCompleted(1, 2), completed(1, 2, null), policySet())).toMatchObject({
      lastRotationId: idOf(1),
      lastRotatedAt: after(2),
    });
    expect(policy(policySet(), started(1), stepCompleted(1, 2), completed(1, 2, next), started(2))).toMatchObject({
      lastRotationId: idOf(1),
      nextRotationAt: next,
      revision: 5,
      updatedAt: after(4),
    });
  });

  it('is still due after a rotation that failed', () => {
    expect(policy(policySet(), started(1), failed(1, after(60)))).toMatchObject({
      nextRotationAt: after(DAY_SECONDS),
      lastRotationId: null,
    });
  });

  it('is none before it is set and after it is deleted', () => {
    expect(policy()).toBeNull();
    expect(policy(started(1))).toBeNull();
    expect(policy(policySet(), policyDeleted)).toBeNull();
  });

  it('is told from the first year on, and no earlier', () => {
    const first = '0001-01-01T00:00:00.000Z';
    expect(policy(policySet({ nextRotationAt: first }))).toMatchObject({ notifyAt: first });
  });
});

describe('a run', () => {
  it('is shown from its start to its end', () => {
    expect(run()).toBeNull();
    const begun = { id: idOf(1), trigger: 'schedule', status: 'running', version: null, endedAt: null };
    expect(RotationRun.parse(run(policySet(), started(1)))).toMatchObject({
      ...begun,
      startedAt: after(1),
      startedBy: principal,
    });
    expect(run(started(1), stepCompleted(1, 2))).toMatchObject({ status: 'running', version: 2 });
    expect(run(started(1), stepCompleted(1, 2), completed(1, 2, null))).toMatchObject({
      status: 'completed',
      version: 2,
      code: null,
      endedAt: after(2),
    });
    expect(run(started(1), failed(1, null, 'secret.revoked'), policySet())).toMatchObject({
      status: 'failed',
      version: null,
      code: 'secret.revoked',
      endedAt: after(1),
    });
  });

  it('is the one that began last', () => {
    expect(run(started(1), failed(1, null), started(2, 'manual'))).toMatchObject({ id: idOf(2), status: 'running' });
  });
});
