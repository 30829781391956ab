/** A workspace's own policies: in force on every replica from the answer on, in their workspace and in no other. */
import { describe, expect, it } from '@jest/globals';
import { LIMITS, type PolicyCheck, type PolicyDescription, type PolicyList } from '@keytrail/contracts';
import { type Asker, codeOf } from '../caller.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();

const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';
const FORBID_ALL = `forbid (principal, ${DECRYPT}, resource);`;
const publish = (name: string, source: string, by: Asker = on.vault.admin) =>
  ask<PolicyDescription>(by, 'policy.publish', { name, source });
const withdraw = (name: string) => ask<PolicyDescription>(on.vault.admin, 'policy.withdraw', { name });

describe('a policy', () => {
  it('that forbids is in force on every replica from the answer on, and until it is withdrawn', async () => {
    const [reference, elsewhere, replica] = [await on.secret(), await on.secret('globex'), await on.vault.replica()];
    const many = () => Promise.all(Array.from({ length: 16 }, () => on.obtain(on.vault.billing, reference)));
    expect(new Set(await many())).toEqual(new Set(['ok']));
    expect(await done(publish('closed', FORBID_ALL))).toMatchObject({
      version: 1,
      status: 'in_force',
      workspace: 'acme',
    });
    expect(new Set(await many())).toEqual(new Set(['secret.unavailable']));
    expect(await on.obtain(on.vault.billing, elsewhere)).toBe('ok');
    expect((await on.denialsOf(reference))[0]).toMatchObject({
      reason: 'policy.forbidden',
      policies: ['policy:closed@1#1'],
    });
    expect(await done(withdraw('closed'))).toMatchObject({ status: 'withdrawn' });
    expect(new Set(await many())).toEqual(new Set(['ok']));
    await replica.close();
  });

  it('that permits lets somebody in whom no role does, until it is withdrawn', async () => {
    const [reference, guest] = [await on.secret(), await on.vault.caller(null)];
    expect(await on.obtain(guest, reference)).toBe('secret.unavailable');
    await done(
      publish('guests', `permit (principal == Keytrail::Principal::"${guest.principal}", ${DECRYPT}, resource);`),
    );
    expect(await on.obtain(guest, reference)).toBe('ok');
    await done(withdraw('guests'));
    expect(await on.obtain(guest, reference)).toBe('secret.unavailable');
  });

  it('cannot keep those out who look after it', async () => {
    await done(publish('locked', 'forbid (principal, action, resource);'));
    const reference = 'tenant.acme.openai.key_1';
    expect(codeOf(await ask(on.vault.admin, 'secret.get', { reference }))).toBe('access.denied');
    await done(ask(on.vault.admin, 'secret.quarantine', { reference, reason: 'to be sure' }));
    await done(ask(on.vault.admin, 'secret.release', { reference }));
    await done(withdraw('locked'));
    await done(ask(on.vault.admin, 'secret.get', { reference }));
  });

  it('is shown in every version that it ever had', async () => {
    const republish = (source: string, expectedVersion: number) =>
      ask<PolicyDescription>(on.vault.admin, 'policy.publish', { name: 'versions', source, expectedVersion });
    await done(publish('versions', FORBID_ALL));
    const permissive = `forbid (principal, ${DECRYPT}, resource) when { context.minuteOfDay < 0 };`;
    await done(republish(permissive, 1));
    const { items } = await done(ask<PolicyList>(on.vault.admin, 'policy.list', {}));
    expect(items).toMatchObject([{ name: 'versions', version: 2, source: permissive }]);
    const get = (rest: object) => ask<PolicyDescription>(on.vault.admin, 'policy.get', { name: 'versions', ...rest });
    expect(await done(get({ version: 1 }))).toMatchObject({ status: 'superseded', source: FORBID_ALL });
    expect(await done(get({}))).toMatchObject({
      status: 'in_force',
      version: 2,
      publishedBy: on.vault.admin.principal,
    });
    await done(withdraw('versions'));
    expect(codeOf(await get({}))).toBe('policy.not_found');
    expect(codeOf(await republish(FORBID_ALL, 2))).toBe('policy.version_conflict');
  });
});

describe('what cannot be published', () => {
  it.each([
    ['does not parse', 'forbid everything', /unexpected/],
    [
      'is nested beyond all bounds',
      `forbid (principal, action, resource) when { ${'('.repeat(500)}true };`,
      /nests deeper/,
    ],
    [
      'would end the engine',
      `forbid (principal, action, resource) when { context${'.a'.repeat(4_000)} };`,
      /more than the policy engine/,
    ],
    ['has a template', 'forbid (principal == ?principal, action, resource);', /template/],
    [
      'names another workspace',
      'forbid (principal, action, resource in Keytrail::Workspace::"globex");',
      /another workspace/,
    ],
    [
      'permits what nobody can grant',
      'permit (principal, action == Keytrail::Action::"policy.publish", resource);',
      /can be granted/,
    ],
  ])('is what %s, and it is told where and why', async (_, source, words) => {
    const reply = await publish('unfit', source);
    const issue = expect.objectContaining({
      path: expect.stringMatching(/^source/),
      message: expect.stringMatching(words),
    });
    const issues = expect.arrayContaining([issue]);
    expect(reply).toMatchObject({ ok: false, error: { code: 'policy.invalid', details: { issues } } });
    const checked = await done(ask<PolicyCheck>(on.vault.admin, 'policy.check', { source }));
    expect(checked).toMatchObject({ publishable: false, issues });
    expect((await done(ask<PolicyList>(on.vault.admin, 'policy.list', {}))).items).toEqual([]);
  });

  it('is what is longer than a policy may be', async () => {
    expect(codeOf(await publish('unfit', ' '.repeat(LIMITS.policyCharacters + 1)))).toBe('request.malformed');
  });

  it('a dry run publishes nothing, and tells what would be said', async () => {
    const checked = await done(
      ask<PolicyCheck>(on.vault.admin, 'policy.check', { source: `${FORBID_ALL}\n${FORBID_ALL}` }),
    );
    expect(checked).toMatchObject({
      publishable: true,
      statements: [{ effect: 'forbid', permissions: ['secret.decrypt'] }, {}],
    });
    expect(await on.obtain(on.vault.billing, await on.secret())).toBe('ok');
  });
});

it('who administers a workspace publishes in it once it is delegated, and cannot choose that', async () => {
  const chief = await on.vault.caller('workspace_admin', { workspace: 'acme' });
  expect(codeOf(await ask(chief, 'workspace.configure', { profile: 'delegated' }))).toBe('access.denied');
  expect(codeOf(await publish('theirs', FORBID_ALL, chief))).toBe('access.denied');
  await done(ask(on.vault.admin, 'workspace.configure', { profile: 'delegated' }));
  await done(publish('theirs', FORBID_ALL, chief));
  expect(codeOf(await ask(inside('globex', chief), 'policy.publish', { name: 'x', source: FORBID_ALL }))).toBe(
    'access.denied',
  );
  await done(withdraw('theirs'));
  await done(ask(on.vault.admin, 'workspace.configure', { profile: 'strict' }));
});

it('a workspace tells how it is configured', async () => {
  const above = { slug: '_system', profile: 'strict', twoPersonRelease: false, revision: 0, createdAt: null };
  expect(await done(ask(inside('_system', on.vault.admin), 'workspace.get', {}))).toEqual(above);
  expect(await done(ask(on.vault.admin, 'workspace.get', {}))).toMatchObject({ slug: 'acme', profile: 'strict' });
  expect(codeOf(await ask(inside('nowhere', on.vault.admin), 'workspace.get', {}))).toBe('workspace.not_found');
  expect(codeOf(await ask(on.vault.admin, 'workspace.configure', {}))).toBe('request.malformed');
  expect(codeOf(await ask(inside('_system', on.vault.admin), 'workspace.configure', { profile: 'strict' }))).toBe(
    'request.malformed',
  );
});
