/** The rotation-scheduler over NATS, on real servers: what it answers, what it records, and what it does by itself. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Reference,
  RotationPolicy,
  RotationPolicyPage,
  RotationRun,
  type RpcReply,
  type RotationRunPage,
} from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { codeOf, openSchedulerFixture, type SchedulerFixture, until } from './scheduler.fixture.js';

const DAY_SECONDS = 86_400;
const PAST = '2020-03-01T12:00:00.000Z';
const handler = { type: 'random', value: { length: 32, alphabet: 'abcdef0123456789' } };
const monthly = { intervalSeconds: 30 * DAY_SECONDS, handler };

let on: SchedulerFixture;
beforeAll(async () => {
  on = await openSchedulerFixture();
  await on.replica();
}, 60_000);
afterAll(() => on?.close(), 30_000);

const setPolicy = (reference: Reference, settings: object = {}, rest: object = {}) =>
  on.ask<RotationPolicy>('set_policy', { reference, ...monthly, ...settings }, rest);
const getPolicy = (reference: Reference) => on.ask<RotationPolicy>('get_policy', { reference });
const rotate = (reference: Reference, body: object = { handler }, rest: object = {}) =>
  on.ask<RotationRun>('start', { reference, ...body }, rest);
const runsOf = async (reference: Reference) =>
  valueOf(await on.ask<RotationRunPage>('list_runs', { reference }, { workspace: '_system' })).items;

function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

const typesOf = async (reference: Reference) => (await on.eventsOf(reference)).map(({ type }) => type);
const secondsFromNow = (moment: string | null | undefined) => (Date.parse(moment ?? '') - Date.now()) / 1_000;

/** The runs of a secret once none is running. */
const endedRuns = (reference: Reference) =>
  until(
    () => runsOf(reference),
    (runs) => runs.length > 0 && runs.every(({ status }) => status !== 'running'),
  );

describe('a policy', () => {
  it('is set, shown and deleted', async () => {
    const reference = on.secret();
    expect(codeOf(await getPolicy(reference))).toBe('rotation.policy_not_found');
    const set = valueOf(await setPolicy(reference, { notifyBeforeSeconds: DAY_SECONDS }));
    expect(RotationPolicy.parse(set)).toMatchObject({ reference, status: 'scheduled', autoRotate: false, revision: 1 });
    expect(Math.abs(secondsFromNow(set.nextRotationAt) - monthly.intervalSeconds)).toBeLessThan(60);
    expect(await getPolicy(reference)).toEqual({ ok: true, value: set });
    const changed = valueOf(await setPolicy(reference, { nextRotationAt: PAST }));
    expect(changed).toMatchObject({ status: 'overdue', nextRotationAt: PAST, revision: 2 });
    expect(await on.ask('delete_policy', { reference })).toEqual({ ok: true, value: null });
    expect(codeOf(await getPolicy(reference))).toBe('rotation.policy_not_found');
    expect(codeOf(await on.ask('delete_policy', { reference }))).toBe('rotation.policy_not_found');
    expect(await typesOf(reference)).toEqual(['RotationPolicySet', 'RotationPolicySet', 'RotationPolicyDeleted']);
  });

  it('needs a secret that the vault knows', async () => {
    const reference = 'tenant.acme.openai.unknown' as Reference;
    expect(codeOf(await setPolicy(reference))).toBe('secret.not_found');
    expect(await on.eventsOf(reference)).toEqual([]);
  });

  it('that is repeated has one effect and the same answer; its id names no other change', async () => {
    const reference = on.secret();
    const first = await setPolicy(reference, {}, { commandId: 'policy-1' });
    expect(await setPolicy(reference, {}, { commandId: 'policy-1' })).toEqual(first);
    expect(codeOf(await setPolicy(reference, { autoRotate: true }, { commandId: 'policy-1' }))).toBe(
      'request.command_id_reused',
    );
    expect(await typesOf(reference)).toEqual(['RotationPolicySet']);
  });

  it('insists on a revision where it names one', async () => {
    const reference = on.secret();
    await setPolicy(reference);
    expect(codeOf(await setPolicy(reference, { expectedRevision: 7 }))).toBe('rotation.revision_conflict');
    expect(codeOf(await on.ask('delete_policy', { reference, expectedRevision: 7 }))).toBe(
      'rotation.revision_conflict',
    );
    expect(codeOf(await on.ask('delete_policy', { reference, expectedRevision: 1 }))).toBe('ok');
  });

  it.each([
    ['an interval under an hour', { intervalSeconds: 3_599 }],
    ['a notice as long as the interval', { notifyBeforeSeconds: monthly.intervalSeconds }],
    ['a handler that nobody knows', { handler: { type: 'guess' } }],
    ['a value that can be guessed', { handler: { type: 'random', value: { length: 8, alphabet: '01' } } }],
    ['a moment that is none', { nextRotationAt: 'tomorrow' }],
    ['an unknown setting', { every: 'month' }],
  ])('is refused with %s', async (_, settings) => {
    expect(codeOf(await setPolicy(on.secret(), settings))).toBe('request.malformed');
  });

  it('is set below its own workspace alone', async () => {
    expect(codeOf(await setPolicy(on.secret('acme'), {}, { workspace: 'globex' }))).toBe('request.malformed');
  });

  it('is not set while the vault cannot be asked', async () => {
    const reference = on.secret();
    on.vault.knowsNothing = true;
    const reply = await setPolicy(reference);
    on.vault.knowsNothing = false;
    expect(reply).toMatchObject({ ok: false, error: { code: 'service.unavailable', retryable: true } });
    expect(await on.eventsOf(reference)).toEqual([]);
  });
});

describe('lists of policies', () => {
  const inOrder: Reference[] = [];
  beforeAll(async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    for (const nextRotationAt of [PAST, '2021-03-01T12:00:00.000Z', soon]) {
      const reference = on.secret('lists');
      inOrder.push(reference);
      await setPolicy(reference, { nextRotationAt, notifyBeforeSeconds: 3_600 });
    }
    await setPolicy(on.secret('lists'), { notifyBeforeSeconds: 3_600 });
    await setPolicy(on.secret('other'), { nextRotationAt: PAST });
  });

  const pagesOf = async (verb: string, body: object, workspace: string) => {
    const items: RotationPolicy[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const from: object = cursor === '' ? {} : { cursor };
      const page: RotationPolicyPage = valueOf(await on.ask(verb, { ...body, ...from, limit: 2 }, { workspace }));
      items.push(...RotationPolicyPage.parse(page).items);
      cursor = page.nextCursor;
    }
    return items;
  };

  it('tell what is due, the most urgent first', async () => {
    const due = await pagesOf('list_due', {}, 'lists');
    expect(due.map(({ reference, status }) => [reference, status])).toEqual([
      [inOrder[0], 'overdue'],
      [inOrder[1], 'overdue'],
      [inOrder[2], 'approaching'],
    ]);
  });

  it('tell all by reference', async () => {
    const all = (await pagesOf('list_policies', { workspace: 'lists' }, '_system')).map(({ reference }) => reference);
    expect(all).toHaveLength(4);
    expect(all).toEqual(all.toSorted());
  });

  it('stay within the workspace that they are asked below, and tell all below none', async () => {
    const workspacesOf = async (verb: string, workspace: string) =>
      new Set((await pagesOf(verb, {}, workspace)).map((policy) => policy.workspace));
    expect(await workspacesOf('list_policies', 'other')).toEqual(new Set(['other']));
    expect(await workspacesOf('list_due', '_system')).toEqual(new Set(['lists', 'other']));
    for (const verb of ['list_policies', 'list_due', 'list_runs'])
      expect(codeOf(await on.ask(verb, { workspace: 'lists' }, { workspace: 'other' }))).toBe('access.denied');
  });

  it.each(['list_policies', 'list_due', 'list_runs'])('%s refuses a cursor that no page gave', async (verb) => {
    expect(codeOf(await on.ask(verb, { cursor: 'abc' }))).toBe('request.malformed');
  });
});

describe('an overdue policy', () => {
  const auto = { autoRotate: true, intervalSeconds: 3_600, nextRotationAt: PAST };

  it('rotates by itself, once however long it was overdue, and is due again an interval later', async () => {
    const reference = on.secret();
    await setPolicy(reference, auto);
    const [run, ...more] = await endedRuns(reference);
    expect(RotationRun.parse(run)).toMatchObject({ trigger: 'schedule', status: 'completed', version: 2, code: null });
    expect(more).toEqual([]);
    expect(on.vault.versionsOf(reference)).toBe(2);
    const policy = valueOf(await getPolicy(reference));
    expect(policy).toMatchObject({ lastRotationId: run?.id, lastRotatedAt: run?.endedAt, status: 'scheduled' });
    expect(Math.abs(Date.parse(policy.nextRotationAt) - Date.parse(run?.endedAt ?? '') - 3_600_000)).toBeLessThan(
      5_000,
    );
  });

  it('tells each step in an event, in the scheduler’s name and under the rotation’s id', async () => {
    const reference = on.secret();
    await setPolicy(reference, auto);
    const [run] = await endedRuns(reference);
    const [, ...steps] = await on.eventsOf(reference);
    expect(steps.map(({ type, body }) => [type, body.requestid, body.principal])).toEqual(
      ['RotationStarted', 'RotationStepCompleted', 'RotationCompleted'].map((type) => [
        type,
        run?.id,
        on.ports.principal,
      ]),
    );
    expect(on.vault.find(reference)?.versions).toEqual([null, run?.id]);
  });

  it('that the vault refuses fails with its reason, and is tried again a minute later', async () => {
    const reference = on.secret();
    on.vault.revoke(reference);
    await setPolicy(reference, auto);
    expect(await endedRuns(reference)).toMatchObject([{ status: 'failed', code: 'secret.revoked', version: null }]);
    const failed = (await on.eventsOf(reference)).at(-1);
    expect(failed).toMatchObject({ type: 'RotationFailed', body: { data: { code: 'secret.revoked' } } });
    expect(Math.abs(secondsFromNow(String(failed?.body.data['retryAt'])) - 60)).toBeLessThan(30);
    expect(valueOf(await getPolicy(reference))).toMatchObject({ status: 'overdue', lastRotationId: null });
  });

  it.each(['before', 'after'] as const)(
    'asks a vault that fails %s it has made the version again under the same id',
    async (when) => {
      const reference = on.secret();
      on.vault.trouble = { when, code: 'service.unavailable' };
      await setPolicy(reference, auto);
      const asked = () => on.logged().split('it is asked again').length;
      const before = asked();
      await until(
        async () => asked(),
        (now) => now >= before + 2,
      );
      expect(await runsOf(reference)).toMatchObject([{ status: 'running' }]);
      on.vault.trouble = null;
      const runs = await endedRuns(reference);
      expect(runs).toMatchObject([{ status: 'completed', version: 2 }]);
      expect(on.vault.find(reference)?.versions).toEqual([null, runs[0]?.id]);
    },
    20_000,
  );

  it('is rotated once by many schedulers', async () => {
    const others = await Promise.all([on.replica(), on.replica()]);
    const references = Array.from({ length: 30 }, () => on.secret());
    await Promise.all(references.map((reference) => setPolicy(reference, auto)));
    await Promise.all(references.map(endedRuns));
    expect(references.map((reference) => on.vault.versionsOf(reference))).toEqual(references.map(() => 2));
    await Promise.all(others.map((other) => other.close()));
  }, 30_000);
});

describe('a rotation by hand', () => {
  it('answers the run when it has ended', async () => {
    const reference = on.secret();
    const run = valueOf(await rotate(reference));
    expect(RotationRun.parse(run)).toMatchObject({ trigger: 'manual', status: 'completed', version: 2 });
    expect(await on.ask('get_run', { id: run.id })).toEqual({ ok: true, value: run });
    expect(valueOf(await rotate(reference))).toMatchObject({ version: 3 });
    expect((await runsOf(reference)).map(({ version }) => version)).toEqual([3, 2]);
  });

  it('takes the handler of the policy, whose interval begins anew', async () => {
    const reference = on.secret();
    expect(codeOf(await rotate(reference, {}))).toBe('rotation.handler_missing');
    await setPolicy(reference, { nextRotationAt: PAST });
    expect(valueOf(await rotate(reference, {}))).toMatchObject({ status: 'completed' });
    expect(valueOf(await getPolicy(reference))).toMatchObject({ status: 'scheduled' });
  });

  it('that is repeated is the same rotation', async () => {
    const reference = on.secret();
    const first = await rotate(reference, { handler }, { commandId: 'rotate-1' });
    expect(await rotate(reference, { handler }, { commandId: 'rotate-1' })).toEqual(first);
    expect(on.vault.versionsOf(reference)).toBe(2);
  });

  it('needs a secret that is in force', async () => {
    expect(codeOf(await rotate('tenant.acme.openai.unknown' as Reference))).toBe('secret.not_found');
    const reference = on.secret();
    on.vault.revoke(reference);
    expect(codeOf(await rotate(reference))).toBe('secret.revoked');
    expect(await on.eventsOf(reference)).toEqual([]);
  });

  it('that cannot end yet is answered as running, keeps others out, and ends later', async () => {
    const reference = on.secret();
    on.vault.trouble = { when: 'before', code: 'service.unavailable' };
    const run = valueOf(await rotate(reference));
    expect(run).toMatchObject({ status: 'running', endedAt: null });
    expect(codeOf(await rotate(reference))).toBe('rotation.already_running');
    on.vault.trouble = null;
    expect(await endedRuns(reference)).toMatchObject([{ id: run.id, status: 'completed', version: 2 }]);
  });

  it('is answered before the deadline where the vault is silent', async () => {
    const reference = on.secret();
    on.vault.hold();
    const reply = await rotate(reference, { handler }, { deadlineMs: Date.now() + 1_500 });
    expect(reply).toMatchObject({ ok: true, value: { status: 'running' } });
    on.vault.release();
    expect(await endedRuns(reference)).toMatchObject([{ status: 'completed', version: 2 }]);
  });
});

describe('runs', () => {
  it('are listed newest first, by secret and by status, page by page', async () => {
    const reference = on.secret('runs');
    for (let i = 0; i < 5; i++) await rotate(reference);
    const page = valueOf(await on.ask<RotationRunPage>('list_runs', { reference, limit: 3 }));
    const rest = valueOf(await on.ask<RotationRunPage>('list_runs', { reference, limit: 3, cursor: page.nextCursor }));
    expect([...page.items, ...rest.items].map(({ version }) => version)).toEqual([6, 5, 4, 3, 2]);
    expect(rest.nextCursor).toBeNull();
    const failed = await on.ask<RotationRunPage>('list_runs', { reference, status: 'failed' });
    expect(valueOf(failed).items).toEqual([]);
  });

  it('of another workspace are not there', async () => {
    const { id } = valueOf(await rotate(on.secret('runs')));
    expect(codeOf(await on.ask('get_run', { id }, { workspace: 'runs' }))).toBe('ok');
    expect(codeOf(await on.ask('get_run', { id }, { workspace: 'other' }))).toBe('rotation.run_not_found');
    expect(codeOf(await on.ask('get_run', { id: uuidv7() }))).toBe('rotation.run_not_found');
    expect(valueOf(await on.ask<RotationRunPage>('list_runs', {}, { workspace: 'other' })).items).toEqual([]);
  });
});

it('a scheduler that stops in the middle of a rotation leaves it to the others', async () => {
  const reference = on.secret();
  const leaving = await on.replica();
  on.vault.hold();
  const replies = await Promise.all(Array.from({ length: 3 }, () => rotate(reference)));
  expect(replies.map(codeOf).toSorted()).toEqual(['ok', 'rotation.already_running', 'rotation.already_running']);
  const closing = leaving.close();
  on.vault.release();
  await closing;
  expect(await endedRuns(reference)).toMatchObject([{ status: 'completed', version: 2 }]);
}, 20_000);
