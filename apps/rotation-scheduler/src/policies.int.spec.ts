/** Policies over NATS, on real servers: set, shown, listed, deleted, and told as due. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Reference, RotationPolicy, RotationPolicyPage } from '@keytrail/contracts';
import {
  DAY_SECONDS,
  getPolicy,
  monthly,
  on,
  openScheduler,
  PAST,
  secondsFromNow,
  setPolicy,
  typesOf,
  valueOf,
} from './asking.fixture.js';
import { codeOf } from './scheduler.fixture.js';

openScheduler();

describe('a policy', () => {
  it('is set, shown and deleted', async () => {
    const reference = on().secret();
    expect(codeOf(await getPolicy(reference))).toBe('rotation.policy_not_found');
    const set = valueOf(await setPolicy(reference, { notifyBeforeSeconds: DAY_SECONDS }));
    expect(RotationPolicy.parse(set)).toMatchObject({ reference, status: 'scheduled', autoRotate: false, revision: 1 });
    expect(Math.abs(secondsFromNow(set.nextRotationAt) - monthly.intervalSeconds)).toBeLessThan(60);
    expect(await getPolicy(reference)).toEqual({ ok: true, value: set });
    const changed = valueOf(await setPolicy(reference, { nextRotationAt: PAST }));
    expect(changed).toMatchObject({ status: 'overdue', nextRotationAt: PAST, revision: 2 });
    expect(await on().ask('delete_policy', { reference })).toEqual({ ok: true, value: null });
    expect(codeOf(await getPolicy(reference))).toBe('rotation.policy_not_found');
    expect(codeOf(await on().ask('delete_policy', { reference }))).toBe('rotation.policy_not_found');
    expect(await typesOf(reference)).toEqual(['RotationPolicySet', 'RotationPolicySet', 'RotationPolicyDeleted']);
  });

  it('needs a secret that the vault knows', async () => {
    const reference = 'tenant.acme.openai.unknown' as Reference;
    expect(codeOf(await setPolicy(reference))).toBe('secret.not_found');
    expect(await on().eventsOf(reference)).toEqual([]);
  });

  it('that is repeated has one effect and the same answer; its id names no other change', async () => {
    const reference = on().secret();
    const first = await setPolicy(reference, {}, { commandId: 'policy-1' });
    expect(await setPolicy(reference, {}, { commandId: 'policy-1' })).toEqual(first);
    expect(codeOf(await setPolicy(reference, { autoRotate: true }, { commandId: 'policy-1' }))).toBe(
      'request.command_id_reused',
    );
    expect(await typesOf(reference)).toEqual(['RotationPolicySet']);
  });

  it('insists on a revision where it names one', async () => {
    const reference = on().secret();
    await setPolicy(reference);
    expect(codeOf(await setPolicy(reference, { expectedRevision: 7 }))).toBe('rotation.revision_conflict');
    expect(codeOf(await on().ask('delete_policy', { reference, expectedRevision: 7 }))).toBe(
      'rotation.revision_conflict',
    );
    expect(codeOf(await on().ask('delete_policy', { reference, expectedRevision: 1 }))).toBe('ok');
  });

  it.each([
    ['an interval under an hour', { intervalSeconds: 3_599 }],
    ['a notice as long as the interval', { notifyBeforeSeconds: monthly.intervalSeconds }],
    ['a handler that nobody knows', { handler: { type: 'guess' } }],
    ['a value that can be guessed', { handler: { type: 'random', value: { length: 8, alphabet: '01' } } }],
    ['a moment that is none', { nextRotationAt: 'tomorrow' }],
    ['an unknown setting', { every: 'month' }],
  ])('is refused with %s', async (_, settings) => {
    expect(codeOf(await setPolicy(on().secret(), settings))).toBe('request.malformed');
  });

  it('is set below its own workspace alone', async () => {
    expect(codeOf(await setPolicy(on().secret('acme'), {}, { workspace: 'globex' }))).toBe('request.malformed');
  });

  it('is not set while the vault cannot be asked', async () => {
    const reference = on().secret();
    on().vault.knowsNothing = true;
    const reply = await setPolicy(reference);
    on().vault.knowsNothing = false;
    expect(reply).toMatchObject({ ok: false, error: { code: 'service.unavailable', retryable: true } });
    expect(await on().eventsOf(reference)).toEqual([]);
  });
});

describe('lists of policies', () => {
  const inOrder: Reference[] = [];
  beforeAll(async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    for (const nextRotationAt of [PAST, '2021-03-01T12:00:00.000Z', soon]) {
      const reference = on().secret('lists');
      inOrder.push(reference);
      await setPolicy(reference, { nextRotationAt, notifyBeforeSeconds: 3_600 });
    }
    await setPolicy(on().secret('lists'), { notifyBeforeSeconds: 3_600 });
    await setPolicy(on().secret('other'), { nextRotationAt: PAST });
  });

  const pagesOf = async (verb: string, body: object, workspace: string) => {
    const items: RotationPolicy[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const from: object = cursor === '' ? {} : { cursor };
      const page: RotationPolicyPage = valueOf(await on().ask(verb, { ...body, ...from, limit: 2 }, { workspace }));
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
      expect(codeOf(await on().ask(verb, { workspace: 'lists' }, { workspace: 'other' }))).toBe('access.denied');
  });

  it.each(['list_policies', 'list_due', 'list_runs'])('%s refuses a cursor that no page gave', async (verb) => {
    expect(codeOf(await on().ask(verb, { cursor: 'abc' }))).toBe('request.malformed');
  });
});
