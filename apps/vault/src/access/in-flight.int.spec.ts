/** Changes that are on their way when what permits them is withdrawn: permitted, held, and carried out too late. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type GrantDescription, principalStream, type SecretDescription } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Permit } from '@keytrail/eventsourcing';
import { PermissionWithdrawn, type RpcRequest } from '@keytrail/nats';
import { type Caller, opened } from '../caller.fixture.js';
import { sql } from 'kysely';
import { ChangeSecret, ChangeSecretHandler } from '../secret/secret.handler.js';
import type { TokenHolder } from '../vault.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();
const system = () => inside('_system', on.vault.admin);

const revisionOf = async (reference: string) =>
  (await done(ask<SecretDescription>(on.vault.admin, 'secret.get', { reference }))).revision;

let counters = 0;

/** Permits what somebody asks for, by themselves or by way of the gateway; `finish` carries it out. */
async function begun(author: Caller, verb: 'disable' | 'release', { body, by = author }: Begun) {
  const { rooms, database } = on.vault;
  await opened(by);
  const { rows } = await sql`
    select session_id as "sessionId", principal from session where principal = ${by.principal}`.execute(database);
  const request = {
    address: { service: 'vault', workspace: 'acme', aggregate: 'secret', verb, principal: by.principal, conn: by.conn },
    actor: author.principal,
    ...(by !== author && { via: by.principal }),
    session: rows[0],
    counter: 900_000_000 + ++counters,
    requestId: uuidv7(),
    deadlineMs: Date.now() + 10_000,
  } as unknown as RpcRequest;
  const permit = (await rooms.authorization.authorize(request, body)) as Permit;
  expect(permit).toHaveProperty('decidedOn');
  const change = { verb, request: body } as ChangeSecret['change'];
  return {
    permit,
    finish: () => new ChangeSecretHandler(rooms).execute(new ChangeSecret(change, { ...request, permit })),
  };
}

interface Begun {
  readonly body: object;
  readonly by?: Caller;
}

const replyOf = (change: { finish: () => Promise<unknown> }) =>
  change.finish().catch((error: unknown) => {
    if (error instanceof PermissionWithdrawn) return error.reply;
    throw error;
  });

const publish = (source: string) => done(ask(on.vault.admin, 'policy.publish', { name: 'hold', source }));

describe('a change in flight is refused, told and not made where meanwhile', () => {
  it.each<{
    what: string;
    withdraw: (author: TokenHolder) => Promise<unknown>;
    code: string;
    reason: string;
  }>([
    {
      what: 'its role is unbound',
      withdraw: ({ principal }) =>
        done(ask(on.vault.admin, 'principal.unbind_role', { principal, role: 'internal_admin', workspace: 'acme' })),
      code: 'access.denied',
      reason: 'principal.not_permitted',
    },
    {
      what: 'its author is suspended',
      withdraw: ({ principal }) => done(ask(system(), 'principal.suspend', { principal })),
      code: 'auth.invalid',
      reason: 'principal.suspended',
    },
    {
      what: 'its author is quarantined',
      withdraw: ({ principal }) => done(ask(system(), 'principal.quarantine', { principal, reason: 'odd hours' })),
      code: 'principal.quarantined',
      reason: 'principal.quarantined',
    },
    {
      what: 'the token of its session is revoked',
      withdraw: ({ tokenId }) => done(ask(system(), 'token.revoke', { tokenId })),
      code: 'auth.invalid',
      reason: 'credential.revoked',
    },
    {
      what: 'a policy forbids it',
      withdraw: ({ principal }) =>
        publish(`forbid (principal == Keytrail::Principal::"${principal}", action, resource);`),
      code: 'access.denied',
      reason: 'policy.forbidden',
    },
  ])('$what', async ({ withdraw, code, reason }) => {
    const reference = await on.secret();
    const author = await on.vault.caller('internal_admin', { workspace: 'acme' });
    const before = await revisionOf(reference);
    const change = await begun(author, 'disable', { body: { reference } });
    await withdraw(author);
    expect(await replyOf(change)).toMatchObject({ ok: false, error: { code } });
    expect(await revisionOf(reference)).toBe(before);
    expect(await on.operationsDeniedTo(author)).toMatchObject([
      { permission: 'secret.disable', subject: reference, reason, count: 1 },
    ]);
  });

  it('the grant it rests on is withdrawn', async () => {
    const [reference, author] = [await on.secret(), await on.vault.caller(null)];
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'delegated' }));
    const given = { principal: author.principal, pattern: reference, permissions: ['secret.disable'] };
    const { grantId } = await done(ask<GrantDescription>(on.vault.admin, 'grant.give', given));
    const change = await begun(author, 'disable', { body: { reference } });
    await done(ask(on.vault.admin, 'grant.withdraw', { grantId }));
    expect(await replyOf(change)).toMatchObject({ error: { code: 'access.denied' } });
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'strict' }));
  });

  it('the profile becomes strict', async () => {
    const [reference, author] = [await on.secret(), await on.vault.caller('workspace_admin', { workspace: 'acme' })];
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'delegated' }));
    const change = await begun(author, 'disable', { body: { reference } });
    await done(ask(on.vault.admin, 'workspace.configure', { profile: 'strict' }));
    expect(await replyOf(change)).toMatchObject({ error: { code: 'access.denied' } });
  });
});

it('a change in flight is made where what is withdrawn meanwhile was not what permits it', async () => {
  const reference = await on.secret();
  const author = await on.vault.caller('internal_admin', { workspace: 'acme' });
  const { principal } = author;
  await done(ask(on.vault.admin, 'principal.bind_role', { principal, role: 'auditor', workspace: 'acme' }));
  const change = await begun(author, 'disable', { body: { reference } });
  await done(ask(on.vault.admin, 'principal.unbind_role', { principal, role: 'auditor', workspace: 'acme' }));
  await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: true }));
  expect(await replyOf(change)).toMatchObject({ ok: true, value: { status: 'disabled' } });
  await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: false }));
});

it('a release in flight waits for a second person where two are asked for meanwhile', async () => {
  const [reference, author] = [await on.secret(), await on.vault.caller('security_analyst', { workspace: 'acme' })];
  await done(ask(on.vault.admin, 'secret.quarantine', { reference, reason: 'odd hours' }));
  const change = await begun(author, 'release', { body: { reference } });
  await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: true }));
  expect(await replyOf(change)).toMatchObject({
    ok: true,
    value: { quarantines: [{ releaseRequestedBy: author.principal }] },
  });
  await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: false }));
});

it('what the gateway asks in somebody’s name rests on them, and on the gateway too', async () => {
  const [reference, author] = [await on.secret(), await on.vault.caller('internal_admin', { workspace: 'acme' })];
  const before = await revisionOf(reference);
  const change = await begun(author, 'disable', { body: { reference }, by: on.vault.gateway });
  const streams = change.permit.decidedOn.map(({ stream }) => stream);
  expect(streams).toEqual(
    [on.vault.gateway, author].map(({ principal }) => principalStream(principal)).concat('workspace-acme'),
  );
  await done(ask(system(), 'principal.suspend', { principal: author.principal }));
  expect(await replyOf(change)).toMatchObject({ error: { code: 'access.denied' } });
  expect(await revisionOf(reference)).toBe(before);
});

it('a change in flight is not made once the session that asked for it is over, though its credential is not', async () => {
  const [reference, { sessions }] = [await on.secret(), on.vault.rooms];
  const author = await on.vault.caller('internal_admin', { workspace: 'acme' });
  const before = await revisionOf(reference);
  const expiresAtMs = Date.now() + 2_000;
  const get = sessions.get.bind(sessions);
  sessions.get = async (id) => {
    const held = await get(id);
    return held && { ...held, expiresAtMs };
  };
  try {
    const change = await begun(author, 'disable', { body: { reference } });
    expect(change.permit.validUntil).toBe(new Date(expiresAtMs).toISOString());
    await sleep(expiresAtMs + 50 - Date.now());
    expect(await replyOf(change)).toMatchObject({ error: { code: 'auth.invalid' } });
  } finally {
    sessions.get = get;
  }
  expect(await revisionOf(reference)).toBe(before);
});

it('a change in flight is not made once the grant that it rests on has come to its end', async () => {
  const [reference, author] = [await on.secret(), await on.vault.caller(null)];
  await done(ask(on.vault.admin, 'workspace.configure', { profile: 'delegated' }));
  const expiresAt = new Date(Date.now() + 1_500).toISOString();
  const given = { principal: author.principal, pattern: reference, permissions: ['secret.disable'], expiresAt };
  await done(ask<GrantDescription>(on.vault.admin, 'grant.give', given));
  const change = await begun(author, 'disable', { body: { reference } });
  expect(change.permit.validUntil).toBe(expiresAt);
  await sleep(Date.parse(expiresAt) + 50 - Date.now());
  expect(await replyOf(change)).toMatchObject({ error: { code: 'access.denied' } });
  await done(ask(on.vault.admin, 'workspace.configure', { profile: 'strict' }));
});
