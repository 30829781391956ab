/** Rotations over NATS, on real servers: those that are due by themselves, those by hand, and what is recorded. */
import { describe, expect, it } from '@jest/globals';
import { type Reference, RotationRun, type RotationRunPage } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import {
  endedRuns,
  getPolicy,
  handler,
  on,
  openScheduler,
  PAST,
  rotate,
  runsOf,
  secondsFromNow,
  setPolicy,
  valueOf,
} from './asking.fixture.js';
import { codeOf, until } from './scheduler.fixture.js';

openScheduler();

describe('an overdue policy', () => {
  const auto = { autoRotate: true, intervalSeconds: 3_600, nextRotationAt: PAST };

  it('rotates by itself, once however long it was overdue, and is due again an interval later', async () => {
    const reference = on().secret();
    await setPolicy(reference, auto);
    const [run, ...more] = await endedRuns(reference);
    expect(RotationRun.parse(run)).toMatchObject({ trigger: 'schedule', status: 'completed', version: 2, code: null });
    expect(more).toEqual([]);
    expect(on().vault.versionsOf(reference)).toBe(2);
    const policy = valueOf(await getPolicy(reference));
    expect(policy).toMatchObject({ lastRotationId: run?.id, lastRotatedAt: run?.endedAt, status: 'scheduled' });
    expect(Math.abs(Date.parse(policy.nextRotationAt) - Date.parse(run?.endedAt ?? '') - 3_600_000)).toBeLessThan(
      5_000,
    );
  });

  it('tells each step in an event, in the scheduler’s name and under the rotation’s id', async () => {
    const reference = on().secret();
    await setPolicy(reference, auto);
    const [run] = await endedRuns(reference);
    const [, ...steps] = await on().eventsOf(reference);
    expect(steps.map(({ type, body }) => [type, body.requestid, body.principal])).toEqual(
      ['RotationStarted', 'RotationStepCompleted', 'RotationCompleted'].map((type) => [
        type,
        run?.id,
        on().ports.principal,
      ]),
    );
    expect(on().vault.find(reference)?.versions).toEqual([null, run?.id]);
  });

  it('that the vault refuses fails with its reason, and is tried again a minute later', async () => {
    const reference = on().secret();
    on().vault.revoke(reference);
    await setPolicy(reference, auto);
    expect(await endedRuns(reference)).toMatchObject([{ status: 'failed', code: 'secret.revoked', version: null }]);
    const failed = (await on().eventsOf(reference)).at(-1);
    expect(failed).toMatchObject({ type: 'RotationFailed', body: { data: { code: 'secret.revoked' } } });
    expect(Math.abs(secondsFromNow(String(failed?.body.data['retryAt'])) - 60)).toBeLessThan(30);
    expect(valueOf(await getPolicy(reference))).toMatchObject({ status: 'overdue', lastRotationId: null });
  });

  it.each(['before', 'after'] as const)(
    'asks a vault that fails %s it has made the version again under the same id',
    async (when) => {
      const reference = on().secret();
      on().vault.trouble = { when, code: 'service.unavailable' };
      await setPolicy(reference, auto);
      const asked = () => on().logged().split('it is asked again').length;
      const before = asked();
      await until(
        async () => asked(),
        (now) => now >= before + 2,
      );
      expect(await runsOf(reference)).toMatchObject([{ status: 'running' }]);
      on().vault.trouble = null;
      const runs = await endedRuns(reference);
      expect(runs).toMatchObject([{ status: 'completed', version: 2 }]);
      expect(on().vault.find(reference)?.versions).toEqual([null, runs[0]?.id]);
    },
  );

  it('is rotated once by many schedulers', async () => {
    const others = await Promise.all([on().replica(), on().replica()]);
    const references = Array.from({ length: 30 }, () => on().secret());
    await Promise.all(references.map(async (reference) => valueOf(await setPolicy(reference, auto))));
    await Promise.all(references.map(endedRuns));
    expect(references.map((reference) => on().vault.versionsOf(reference))).toEqual(references.map(() => 2));
    await Promise.all(others.map((other) => other.close()));
  });
});

describe('a rotation by hand', () => {
  it('answers the run when it has ended', async () => {
    const reference = on().secret();
    const run = valueOf(await rotate(reference));
    expect(RotationRun.parse(run)).toMatchObject({ trigger: 'manual', status: 'completed', version: 2 });
    expect(await on().ask('get_run', { id: run.id })).toEqual({ ok: true, value: run });
    expect(valueOf(await rotate(reference))).toMatchObject({ version: 3 });
    expect((await runsOf(reference)).map(({ version }) => version)).toEqual([3, 2]);
  });

  it('takes the handler of the policy, whose interval begins anew', async () => {
    const reference = on().secret();
    expect(codeOf(await rotate(reference, {}))).toBe('rotation.handler_missing');
    await setPolicy(reference, { nextRotationAt: PAST });
    expect(valueOf(await rotate(reference, {}))).toMatchObject({ status: 'completed' });
    expect(valueOf(await getPolicy(reference))).toMatchObject({ status: 'scheduled' });
  });

  it('that is repeated is the same rotation', async () => {
    const reference = on().secret();
    const first = await rotate(reference, { handler }, { commandId: 'rotate-1' });
    expect(await rotate(reference, { handler }, { commandId: 'rotate-1' })).toEqual(first);
    expect(on().vault.versionsOf(reference)).toBe(2);
  });

  it('needs a secret that is in force', async () => {
    expect(codeOf(await rotate('tenant.acme.openai.unknown' as Reference))).toBe('secret.not_found');
    const reference = on().secret();
    on().vault.revoke(reference);
    expect(codeOf(await rotate(reference))).toBe('secret.revoked');
    expect(await on().eventsOf(reference)).toEqual([]);
  });

  it('that cannot end yet is answered as running, keeps others out, and ends later', async () => {
    const reference = on().secret();
    on().vault.trouble = { when: 'before', code: 'service.unavailable' };
    const run = valueOf(await rotate(reference));
    expect(run).toMatchObject({ status: 'running', endedAt: null });
    expect(codeOf(await rotate(reference))).toBe('rotation.already_running');
    on().vault.trouble = null;
    expect(await endedRuns(reference)).toMatchObject([{ id: run.id, status: 'completed', version: 2 }]);
  });

  it('is answered before the deadline where the vault is silent', async () => {
    const reference = on().secret();
    on().vault.hold();
    const reply = await rotate(reference, { handler }, { deadlineMs: Date.now() + 1_500 });
    expect(reply).toMatchObject({ ok: true, value: { status: 'running' } });
    on().vault.release();
    expect(await endedRuns(reference)).toMatchObject([{ status: 'completed', version: 2 }]);
  });
});

describe('runs', () => {
  it('are listed newest first, by secret and by status, page by page', async () => {
    const reference = on().secret('runs');
    for (let i = 0; i < 5; i++) await rotate(reference);
    const page = valueOf(await on().ask<RotationRunPage>('list_runs', { reference, limit: 3 }));
    const rest = valueOf(
      await on().ask<RotationRunPage>('list_runs', { reference, limit: 3, cursor: page.nextCursor }),
    );
    expect([...page.items, ...rest.items].map(({ version }) => version)).toEqual([6, 5, 4, 3, 2]);
    expect(rest.nextCursor).toBeNull();
    const failed = await on().ask<RotationRunPage>('list_runs', { reference, status: 'failed' });
    expect(valueOf(failed).items).toEqual([]);
  });

  it('of another workspace are not there', async () => {
    const { id } = valueOf(await rotate(on().secret('runs')));
    expect(codeOf(await on().ask('get_run', { id }, { workspace: 'runs' }))).toBe('ok');
    expect(codeOf(await on().ask('get_run', { id }, { workspace: 'other' }))).toBe('rotation.run_not_found');
    expect(codeOf(await on().ask('get_run', { id: uuidv7() }))).toBe('rotation.run_not_found');
    expect(valueOf(await on().ask<RotationRunPage>('list_runs', {}, { workspace: 'other' })).items).toEqual([]);
  });
});

it('a scheduler that stops in the middle of a rotation leaves it to the others', async () => {
  const reference = on().secret();
  const leaving = await on().replica();
  const soon = () => ({ deadlineMs: Date.now() + 2_000 });
  on().vault.hold();
  const replies = await Promise.all(Array.from({ length: 3 }, () => rotate(reference, { handler }, soon())));
  expect(replies.map(codeOf).toSorted()).toEqual(['ok', 'rotation.already_running', 'rotation.already_running']);
  const closing = leaving.close();
  on().vault.release();
  await closing;
  expect(await endedRuns(reference)).toMatchObject([{ status: 'completed', version: 2 }]);
});
