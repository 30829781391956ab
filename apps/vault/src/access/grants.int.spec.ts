/** Grants: who has one obtains what it covers, on its conditions, until it is withdrawn; and who may give them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  type GrantDescription,
  type GrantId,
  type GrantPage,
  LIMITS,
  type PrincipalEvent,
  principalStream,
  type ReferencePattern,
  type Workspace,
} from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Asker } from '../caller.fixture.js';
import { codeOf } from '../caller.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();

const give = ({ principal }: Asker, rest: object, by: Asker = on.vault.admin) =>
  ask<GrantDescription>(by, 'grant.give', {
    principal,
    pattern: 'tenant.acme.openai.*',
    permissions: ['secret.decrypt'],
    ...rest,
  });

describe('a grant', () => {
  it('lets somebody without a role obtain what its pattern covers, and nothing else', async () => {
    const [covered, foreign] = [await on.secret(), await on.secret('globex')];
    const holder = await on.vault.caller(null);
    expect(await on.obtain(holder, covered)).toBe('secret.unavailable');
    await done(give(holder, {}));
    expect(await on.obtain(holder, covered)).toBe('ok');
    expect(await on.obtain(holder, foreign)).toBe('secret.unavailable');
    expect(codeOf(await ask(holder, 'secret.get', { reference: covered }))).toBe('access.denied');
    expect(await on.denialsOf(foreign)).toMatchObject([{ reason: 'principal.not_permitted', count: 1 }]);
  });

  it('is good for nothing from the moment its withdrawal is answered, on any replica', async () => {
    const [reference, holder, replica] = [await on.secret(), await on.vault.caller(null), await on.vault.replica()];
    const { grantId } = await done(give(holder, {}));
    const many = () => Promise.all(Array.from({ length: 16 }, () => on.obtain(holder, reference)));
    expect(new Set(await many())).toEqual(new Set(['ok']));
    await done(ask(on.vault.admin, 'grant.withdraw', { grantId }));
    expect(new Set(await many())).toEqual(new Set(['secret.unavailable']));
    expect(codeOf(await ask(on.vault.admin, 'grant.withdraw', { grantId }))).toBe('grant.not_found');
    await replica.close();
  });

  it('ends at its moment, by the journal’s clock', async () => {
    const [reference, holder] = [await on.secret(), await on.vault.caller(null)];
    const endsAtMs = Date.now() + 1_500;
    await done(give(holder, { expiresAt: new Date(endsAtMs).toISOString() }));
    expect(await on.obtain(holder, reference)).toBe('ok');
    await sleep(endsAtMs + 50 - Date.now());
    expect(await on.obtain(holder, reference)).toBe('secret.unavailable');
    const { items } = await done(ask<GrantPage>(on.vault.admin, 'grant.list', { principal: holder.principal }));
    expect(items).toMatchObject([{ status: 'expired' }]);
  });

  it.each([
    { of: 'its purpose, said to the letter', given: { purposes: ['sums'] }, asked: { purpose: 'sums' }, code: 'ok' },
    { of: 'another purpose', given: { purposes: ['sums'] }, asked: { purpose: 'Sums' }, code: 'secret.unavailable' },
    { of: 'its network', given: { networks: ['127.0.0.0/8'] }, asked: {}, code: 'ok' },
    {
      of: 'other networks',
      given: { networks: ['10.0.0.0/8', '2001:db8::/32'] },
      asked: {},
      code: 'secret.unavailable',
    },
  ])('on a condition is answered $code for one of $of', async ({ given, asked, code }) => {
    const [reference, holder] = [await on.secret(), await on.vault.caller(null)];
    await done(give(holder, given));
    expect(await on.obtain(holder, reference, asked)).toBe(code);
  });

  it('of a change is one, where the workspace has delegated it', async () => {
    const [reference, holder] = [await on.secret(), await on.vault.caller(null)];
    await done(give(holder, { permissions: ['secret.revoke'] }));
    expect(codeOf(await ask(holder, 'secret.revoke', { reference }))).toBe('access.denied');
    expect(await on.operationsDeniedTo(holder)).toMatchObject([
      { permission: 'secret.revoke', reason: 'principal.not_permitted', policies: ['profile:strict'] },
    ]);
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'delegated' }));
    await done(ask(holder, 'secret.revoke', { reference }));
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'strict' }));
  });

  it('that is repeated under its command id is one', async () => {
    const holder = await on.vault.caller(null);
    const body = { principal: holder.principal, pattern: 'tenant.acme.*.*', permissions: ['secret.get'] };
    const twice = () => on.vault.admin.ask('grant.give', body, { commandId: 'grant-once' as never });
    expect(await twice()).toEqual(await twice());
    expect(
      (await done(ask<GrantPage>(on.vault.admin, 'grant.list', { principal: holder.principal }))).items,
    ).toHaveLength(1);
  });
});

describe('grants are listed', () => {
  it('page by page, of a principal or of a workspace, the withdrawn ones no more', async () => {
    const holder = await on.vault.caller(null);
    const given = [];
    for (let n = 0; n < 5; n++) given.push(await done(give(holder, { pattern: `tenant.acme.openai.page_${n}` })));
    await done(give(holder, { pattern: 'tenant.globex.openai.*' }, inside('globex', on.vault.admin)));
    await done(ask(on.vault.admin, 'grant.withdraw', { grantId: given[0]?.grantId }));
    const listed: GrantDescription[] = [];
    let cursor: string | null = null;
    do {
      const rest: object = cursor === null ? {} : { cursor };
      const page: GrantPage = await done(
        ask(on.vault.admin, 'grant.list', { principal: holder.principal, limit: 2, ...rest }),
      );
      listed.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(listed).toEqual(given.slice(1));
    const all = await done(
      ask<GrantPage>(inside('_system', on.vault.admin), 'grant.list', { principal: holder.principal }),
    );
    expect(all.items).toHaveLength(5);
  });

  it('but not for those who may not look', async () => {
    expect(codeOf(await ask(on.vault.billing, 'grant.list', {}))).toBe('access.denied');
  });
});

describe('who administers a workspace', () => {
  it('gives and withdraws grants in it once it is delegated, and in no other', async () => {
    const [chief, holder] = [
      await on.vault.caller('workspace_admin', { workspace: 'globex' }),
      await on.vault.caller(null),
    ];
    const ofGlobex = { pattern: 'tenant.globex.*.*' };
    expect(codeOf(await give(holder, ofGlobex, inside('globex', chief)))).toBe('access.denied');
    await done(ask(inside('globex', on.vault.admin), 'workspace.configure', { profile: 'delegated' }));
    const { grantId } = await done(give(holder, ofGlobex, inside('globex', chief)));
    expect(codeOf(await give(holder, {}, chief))).toBe('access.denied');
    expect(codeOf(await give(holder, {}, inside('globex', chief)))).toBe('request.malformed');
    const foreign = await done(give(holder, {}));
    expect(codeOf(await ask(inside('globex', chief), 'grant.withdraw', { grantId: foreign.grantId }))).toBe(
      'grant.not_found',
    );
    await done(ask(inside('globex', chief), 'grant.withdraw', { grantId }));
    await done(ask(inside('globex', on.vault.admin), 'workspace.configure', { profile: 'strict' }));
  });

  it('binds roles in it, but not the one that is above its own', async () => {
    await done(ask(inside('globex', on.vault.admin), 'workspace.configure', { profile: 'delegated' }));
    const [chief, other] = [
      await on.vault.caller('workspace_admin', { workspace: 'globex' }),
      await on.vault.caller(null),
    ];
    const bind = (role: string, workspace = 'globex') =>
      ask(inside('globex', chief), 'principal.bind_role', { principal: other.principal, role, workspace });
    await done(bind('service'));
    expect(codeOf(await bind('internal_admin'))).toBe('access.denied');
    expect(codeOf(await bind('service', 'acme'))).toBe('request.malformed');
    await done(ask(inside('globex', on.vault.admin), 'workspace.configure', { profile: 'strict' }));
    expect(codeOf(await bind('auditor'))).toBe('access.denied');
  });
});

it('as many grants as there may be on one secret are all heeded, and there are no more', async () => {
  const [reference, holder] = [await on.secret(), await on.vault.caller(null)];
  await giveAtOnce(holder, LIMITS.overlappingGrants - 1);
  expect(await on.obtain(holder, reference, { purpose: 'purpose 50' })).toBe('ok');
  expect(await on.obtain(holder, reference, { purpose: 'another' })).toBe('secret.unavailable');
  await done(give(holder, {}));
  expect(codeOf(await give(holder, { pattern: 'tenant.acme.*.*' }))).toBe('principal.limit');
  await done(give(holder, { pattern: 'tenant.acme.groq.*' }));
  expect(await on.obtain(holder, reference, { purpose: 'another' })).toBe('ok');
});

/** Each on a purpose of its own; past the door, for it takes one at a time. */
async function giveAtOnce({ principal }: Asker, count: number): Promise<void> {
  const { journal } = on.vault.rooms;
  const stream = principalStream(principal);
  const events = Array.from({ length: count }, (_, n): PrincipalEvent => {
    const grant = { pattern: 'tenant.acme.openai.*' as ReferencePattern, permissions: ['secret.decrypt' as const] };
    return { type: 'GrantGiven', data: { grantId: uuidv7() as GrantId, ...grant, purposes: [`purpose ${n}`] } };
  });
  const facts = {
    workspace: '_system' as Workspace,
    principal: on.vault.admin.principal,
    requestId: uuidv7(),
    detail: {},
  };
  const { length: expectedRevision } = await journal.load(stream);
  const of = { stream, aggregate: 'principal', subject: principal, expectedRevision, facts, withdraws: false };
  expect(await journal.append({ ...of, events })).toMatchObject({ status: 'committed' });
}

it.each(['*', 'tenant.*.*.*', 'tenant.acme.*', 'tenant.acme.*.*.*', 'tenant.acme.openai.pr*d', 'tenant.ACME.openai.*'])(
  'what is no pattern, %s, is refused',
  async (pattern) => {
    expect(codeOf(await give(on.vault.billing, { pattern }))).toBe('request.malformed');
  },
);
