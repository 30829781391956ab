/**
 * Keys are rotated by hand and by themselves; whoever obtains them has the new value, once for each rotation, kills or
 * not.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import type { RotationPolicy, RotationRun, SecretDescription } from '@keytrail/contracts';
import { closeStage, openStage, refusalOf, until, type Stage } from './stage.fixture.js';

const DAY_SECONDS = 86_400;
const LONG_AGO = '2020-03-01T12:00:00.000Z';
const handler = { type: 'random', value: { length: 48, alphabet: 'ABCDEFGHJKMNPQRSTUVWXYZ23456789' } };
const GENERATED = /^[A-HJKMNP-Z2-9]{48}$/;

let stage: Stage;
let billing: KeytrailClient;
beforeAll(async () => {
  stage = await openStage();
  billing = await stage.caller('billing');
  for (const slug of ['acme', 'globex']) await stage.ask('POST', '/workspaces', { body: { slug } });
});
afterAll(closeStage);

const store = (reference: string) =>
  stage.ask('POST', '/secrets', { body: { reference, value: { text: 'made by hand' } } });

const setPolicy = (reference: string, settings: object = {}) =>
  stage.ask('PUT', `/rotation/policies/${reference}`, {
    body: { intervalSeconds: 30 * DAY_SECONDS, handler, ...settings },
  });

const overdue = { autoRotate: true, nextRotationAt: LONG_AGO };

async function textOf(...[reference, options]: Parameters<KeytrailClient['decrypt']>): Promise<string> {
  using value = await billing.decrypt(reference, options);
  return value.text();
}

const secretOf = async (reference: string) =>
  (await stage.ask('GET', `/secrets/${reference}`)).json as unknown as SecretDescription;

async function runsOf(reference: string): Promise<readonly RotationRun[]> {
  const { json } = await stage.ask('GET', `/rotation/runs?reference=${reference}`);
  return json['items'] as RotationRun[];
}

const endedRuns = (reference: string) =>
  until(
    () => runsOf(reference),
    (runs) => runs.length > 0 && runs.every(({ status }) => status !== 'running'),
  );

describe('a rotation by hand', () => {
  const reference = 'tenant.acme.postgres.by_hand';

  it('replaces the value for everybody, and the old one is there by its number', async () => {
    await store(reference);
    expect(await textOf(reference)).toBe('made by hand');
    const started = await stage.ask('POST', `/secrets/${reference}/rotate`, { body: { handler } });
    expect(started).toMatchObject({ status: 200, json: { reference, trigger: 'manual' } });
    const [run] = await endedRuns(reference);
    expect(run).toMatchObject({ id: started.json['id'], status: 'completed', version: 2, code: null });
    expect(await textOf(reference)).toMatch(GENERATED);
    expect(await textOf(reference, { version: 1 })).toBe('made by hand');
    expect(await stage.ask('GET', `/rotation/runs/${run?.id}`)).toMatchObject({ status: 200, json: run });
  });

  it('is one story in the audit, from whoever asked to the version that the vault has made', async () => {
    const [run] = await runsOf(reference);
    const told = await until(
      () => stage.entries(`requestId=${run?.id}`),
      ({ length }) => length >= 3,
    );
    const actions = told.map(({ service, action, version }) => `${service} ${action} ${version}`);
    expect(new Set(actions)).toEqual(
      new Set(['vault update 2', 'rotation rotation_step_completed 2', 'rotation rotation_completed 2']),
    );
    expect(await stage.entries(`reference=${reference}&action=rotation_started`)).toMatchObject([
      { outcome: 'success', principal: run?.startedBy, details: { rotationId: run?.id, trigger: 'manual' } },
    ]);
  });

  it('that is repeated with its Idempotency-Key is the same rotation', async () => {
    const sent = { body: { handler }, headers: { 'idempotency-key': 'rotate-once' } };
    const first = await stage.ask('POST', `/secrets/${reference}/rotate`, sent);
    const second = await stage.ask('POST', `/secrets/${reference}/rotate`, sent);
    expect(second.json['id']).toBe(first.json['id']);
    await endedRuns(reference);
    expect(await secretOf(reference)).toMatchObject({ currentVersion: 3 });
  });

  it('is refused for what is not there, what is revoked, and where nobody says how', async () => {
    const revoked = 'tenant.acme.postgres.revoked';
    await store(revoked);
    const rotate = (of: string, body: object) => stage.ask('POST', `/secrets/${of}/rotate`, { body });
    expect(await rotate(revoked, {})).toMatchObject({ status: 409, json: { code: 'rotation.handler_missing' } });
    await stage.ask('POST', `/secrets/${revoked}/revoke`);
    expect(await rotate(revoked, { handler })).toMatchObject({ status: 409, json: { code: 'secret.revoked' } });
    expect(await rotate('tenant.acme.postgres.absent', { handler })).toMatchObject({
      status: 404,
      json: { code: 'secret.not_found' },
    });
    expect(await refusalOf(billing.decrypt(revoked))).toMatchObject({ code: 'secret.unavailable' });
  });
});

describe('a policy', () => {
  const reference = 'tenant.globex.postgres.policy';

  it('is set, found among the others, told when it is due, and deleted', async () => {
    expect(await setPolicy(reference)).toMatchObject({ status: 404, json: { code: 'secret.not_found' } });
    await store(reference);
    const set = await setPolicy(reference, { notifyBeforeSeconds: DAY_SECONDS });
    expect(set).toMatchObject({ status: 200, headers: { etag: '"1"' }, json: { status: 'scheduled' } });
    const referencesOf = async (below: string) => {
      const { json } = await stage.ask('GET', `${below}?workspace=globex`);
      return (json['items'] as RotationPolicy[]).map((policy) => policy.reference);
    };
    expect(await referencesOf('/rotation/policies')).toEqual([reference]);
    expect(await referencesOf('/rotation/due')).toEqual([]);
    await setPolicy(reference, { nextRotationAt: LONG_AGO });
    expect(await referencesOf('/rotation/due')).toEqual([reference]);
    expect(await stage.ask('GET', `/rotation/policies/${reference}`)).toMatchObject({ json: { status: 'overdue' } });
    expect(await secretOf(reference)).toMatchObject({ currentVersion: 1 });
    const gone = await stage.ask('DELETE', `/rotation/policies/${reference}`);
    expect(gone.status).toBe(204);
    expect(await stage.ask('GET', `/rotation/policies/${reference}`)).toMatchObject({
      status: 404,
      json: { code: 'rotation.policy_not_found' },
    });
  });

  it('that is long overdue rotates by itself, once, and waits for its interval again', async () => {
    const key = 'tenant.acme.postgres.overdue';
    await store(key);
    await setPolicy(key, overdue);
    expect(await endedRuns(key)).toMatchObject([{ trigger: 'schedule', status: 'completed', version: 2 }]);
    expect(await textOf(key)).toMatch(GENERATED);
    const { json } = await stage.ask('GET', `/rotation/policies/${key}`);
    expect(json).toMatchObject({ status: 'scheduled' });
    expect(Date.parse(String(json['nextRotationAt']))).toBeGreaterThan(Date.now());
    expect(await secretOf(key)).toMatchObject({ currentVersion: 2 });
  });
});

describe('kill -9 in the middle of rotations', () => {
  const kill = async (name: 'rotation-scheduler' | 'vault') => {
    const pid = stage.system.pidOf(name);
    process.kill(pid, 'SIGKILL');
    await until(
      () => stage.system.pidOf(name),
      (now) => now !== pid,
    );
  };

  it('leaves each secret with one new version, and no rotation undone', async () => {
    const references = Array.from({ length: 24 }, (_, i) => `tenant.globex.postgres.killed_${i}`);
    await Promise.all(references.map(store));
    const allRuns = async () => {
      const { json } = await stage.ask('GET', '/rotation/runs?workspace=globex&limit=1000');
      return json['items'] as RotationRun[];
    };
    const untilBegun = (count: number) => until(allRuns, ({ length }) => length >= count);
    for (const reference of references.slice(0, 12)) await setPolicy(reference, overdue);
    await untilBegun(1);
    await kill('rotation-scheduler');
    for (const reference of references.slice(12)) await setPolicy(reference, overdue);
    await untilBegun(13);
    await kill('vault');
    await kill('rotation-scheduler');
    const runs = await until(allRuns, (all) => all.filter(({ status }) => status !== 'running').length >= 24);
    expect(runs.filter(({ status, version }) => status !== 'completed' || version !== 2)).toEqual([]);
    expect(runs.map(({ reference }) => reference as string).toSorted()).toEqual(references.toSorted());
    const secrets = await Promise.all(references.map(secretOf));
    expect(secrets.map(({ currentVersion }) => currentVersion)).toEqual(references.map(() => 2));
    const values = await Promise.all(references.map((reference) => textOf(reference)));
    expect(values.filter((value) => !GENERATED.test(value))).toEqual([]);
    expect(new Set(values).size).toBe(references.length);
  });
});

it('no generated value stands in an answer', async () => {
  const value = await textOf('tenant.acme.postgres.by_hand');
  expect(value).toMatch(GENERATED);
  expect(Buffer.concat(stage.answers).includes(value)).toBe(false);
});
