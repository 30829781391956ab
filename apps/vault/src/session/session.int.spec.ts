/** Sessions as callers, replicas and the other services know them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AUTHENTICATION_STREAM,
  type AuthenticatedCaller,
  type Credential,
  type DecryptReply,
  type IntrospectedSession,
  LIMITS,
  type RpcReply,
  type SealedMessage,
  type SealingKeys,
} from '@keytrail/contracts';
import { exportSessionKeys, mintApiToken, SEALED_FOR, sealTo, sessionKeys, uuidv7 } from '@keytrail/crypto';
import { sql } from 'kysely';
import { type Asker, anotherSession, codeOf, fixedCaller, valueOf } from '../caller.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { handmadeSession, handmadeSetUp, sendSetUp } from '../handmade.fixture.js';
import { openVaultFixture, type TokenHolder, type VaultFixture } from '../vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
});
afterAll(async () => vault?.close());

let secrets = 0;
async function storedSecret(): Promise<string> {
  const reference = `tenant.acme.openai.key_${++secrets}`;
  await vault.admin.ask('secret.create', { reference, sealedValue: await vault.seal(reference, 'the value') });
  return reference;
}

const apiToken = (token: string): Credential => ({ type: 'api_token', token });
const sessionOf = (holder: TokenHolder) => handmadeSession(holder, vault.vaultKey, apiToken(holder.token));
const decrypt = async (asker: Asker, reference: string) =>
  (await asker.ask('secret.decrypt', { reference })) as RpcReply<DecryptReply>;
const authentications = () => eventsOf(vault.database, AUTHENTICATION_STREAM);

/** Why the accesses of a reference were denied, oldest first. */
/** A reason for each attempt, also where several are told by one event. */
const denialsOf = async (reference: string) =>
  (await eventsOf(vault.database, `secret-${reference}`))
    .filter(({ type }) => type === 'SecretAccessDenied')
    .flatMap(({ body: { data } }) => Array<unknown>(Number(data['count'])).fill(data['reason']));

describe('a session', () => {
  it('is opened by a token, and the event tells by which, until when, and from where', async () => {
    const { sessionId } = await sessionOf(vault.billing);
    const event = (await authentications()).find(({ body }) => body.data['sessionId'] === sessionId);
    expect(event).toMatchObject({
      type: 'SessionOpened',
      body: {
        principal: vault.billing.principal,
        subject: sessionId,
        workspace: '_system',
        data: { credential: 'api_token', tokenId: vault.billing.tokenId },
      },
      detail: { ip: '127.0.0.1' },
    });
    const lifetimeMs = Date.parse(event?.body.data['expiresAt'] as string) - Date.parse(event?.body.time ?? '');
    expect(lifetimeMs).toBeLessThanOrEqual(LIMITS.sessionLifetimeMs);
  });

  it('ends no later than the token that it was opened by', async () => {
    const expiresAt = new Date(Date.now() + 600_000).toISOString();
    const passing = await vault.caller('service', { expiresAt });
    const { message, secret } = await handmadeSetUp(passing, vault.vaultKey, apiToken(passing.token));
    expect(await sendSetUp(passing, message, secret)).toMatchObject({ reply: { value: { expiresAt } } });
  });

  it('of a process of Keytrail’s own is opened by its nkey, and has no address', async () => {
    const audit = await fixedCaller(vault.surroundings, vault.identities.audit.rpc);
    expect(valueOf(await audit.ask('session.introspect', { sessionId: uuidv7() }))).toBeNull();
    const event = (await authentications()).find(({ body }) => body.principal === audit.principal);
    expect(event).toMatchObject({ body: { data: { credential: 'nkey' } } });
    expect(event?.detail).toEqual({});
  });

  it('is served by any replica, also by one that was started later', async () => {
    const reference = await storedSecret();
    const session = await sessionOf(vault.billing);
    await vault.restart();
    const answer = await session.send(session.sign('secret.decrypt', { reference }));
    expect(answer).toMatchObject({ sealed: true, reply: { ok: true } });
  });

  it.each([
    ['a token that nobody has', () => apiToken(mintApiToken().token), 'token.unknown'],
    ['what is no token', () => apiToken('kt_nonsense'), 'credential.malformed'],
    ['what is no credential', () => ({ type: 'password', password: 'x' }), 'credential.malformed'],
    [
      'an nkey that nobody has',
      () => ({ type: 'nkey', publicKey: vault.identities.vault.events.publicKey, signature: 'A'.repeat(86) }),
      'nkey.unknown',
    ],
  ])('is not opened by %s; the caller hears no reason, the audit does', async (_, credential, reason) => {
    const { message, secret } = await handmadeSetUp(vault.billing, vault.vaultKey, credential());
    const answer = await sendSetUp(vault.billing, message, secret);
    expect(answer).toMatchObject({ sealed: true, reply: { error: { code: 'auth.invalid' } } });
    expect(JSON.stringify(answer)).not.toContain(reason);
    const told = (await authentications()).filter(({ body }) => body.data['reason'] === reason);
    expect(told).toMatchObject([
      { type: 'AuthenticationFailed', body: { data: { door: 'session' } } },
      ...told.slice(1),
    ]);
  });
});

describe('what was given and is taken away', () => {
  const running = async (rest = {}) => {
    const [reference, holder] = [await storedSecret(), await vault.caller('service', rest)];
    expect(codeOf(await decrypt(holder, reference))).toBe('ok');
    return { reference, holder };
  };

  it('is the token: a session that it has opened obtains nothing any more, on any replica', async () => {
    const { reference, holder } = await running();
    const replica = await vault.replica();
    const warm = await Promise.all(Array.from({ length: 20 }, () => decrypt(holder, reference)));
    expect(new Set(warm.map(codeOf))).toEqual(new Set(['ok']));
    valueOf(await vault.admin.ask('token.revoke', { tokenId: holder.tokenId }));
    const after = await Promise.all(Array.from({ length: 20 }, () => decrypt(holder, reference)));
    expect(new Set(after.map(codeOf))).toEqual(new Set(['auth.invalid']));
    expect(await denialsOf(reference)).toEqual(Array.from({ length: 20 }, () => 'credential.revoked'));
    await replica.close();
  });

  it('is everything, where the principal is suspended', async () => {
    const { reference, holder } = await running();
    valueOf(await vault.admin.ask('principal.suspend', { principal: holder.principal }));
    expect(codeOf(await decrypt(holder, reference))).toBe('auth.invalid');
    expect(await denialsOf(reference)).toEqual(['principal.suspended']);
    const again = anotherSession(holder, vault.vaultKey, apiToken(holder.token));
    expect(codeOf(await decrypt(again, reference))).toBe('auth.invalid');
  });

  it('is the role: the caller hears that the secret is not available', async () => {
    const { reference, holder } = await running();
    const binding = { role: 'service', workspace: '_system' };
    valueOf(await vault.admin.ask('principal.unbind_role', { principal: holder.principal, ...binding }));
    expect(codeOf(await decrypt(holder, reference))).toBe('secret.unavailable');
    expect(await denialsOf(reference)).toEqual(['principal.not_permitted']);
  });

  it('is what administrators may, through the gateway as well', async () => {
    const other = await vault.caller('internal_admin');
    const onBehalfOf = other.principal;
    const list = () => vault.gateway.ask('principal.list', {}, { onBehalfOf });
    expect(codeOf(await list())).toBe('ok');
    expect(codeOf(await other.ask('principal.list', {}))).toBe('ok');
    valueOf(await vault.admin.ask('principal.suspend', { principal: other.principal }));
    expect(codeOf(await other.ask('principal.list', {}))).toBe('auth.invalid');
    expect(codeOf(await list())).toBe('access.denied');
  });
});

describe('a token', () => {
  it('for one thing is not good for another', async () => {
    const reference = await storedSecret();
    const analyst = await vault.caller('security_analyst', { scopes: ['secret.get'] });
    expect(codeOf(await analyst.ask('secret.get', { reference }))).toBe('ok');
    expect(codeOf(await analyst.ask('principal.list', {}))).toBe('access.denied');
  });

  it('of one workspace is not good for another', async () => {
    const reference = await storedSecret();
    const elsewhere = await vault.caller('service', { workspace: 'globex' });
    expect(codeOf(await decrypt(elsewhere, reference))).toBe('secret.unavailable');
    expect(await denialsOf(reference)).toEqual(['principal.not_permitted']);
  });
});

describe('the gateway', () => {
  const sealedCredential = async (credential: Credential): Promise<SealedMessage> => {
    const { keys } = valueOf((await vault.gateway.ask('key.list', {})) as RpcReply<SealingKeys>);
    const sealedFor = { purpose: SEALED_FOR.credential, context: [vault.gateway.principal] };
    const { exportSecret: _, ...sealed } = sealTo(
      keys[0] as SealingKeys['keys'][number],
      Buffer.from(JSON.stringify(credential)),
      sealedFor,
    );
    return sealed as SealedMessage;
  };

  it('learns whose a credential is, and what it is good for', async () => {
    const analyst = await vault.caller('security_analyst', { scopes: ['secret.get'] });
    const credential = await sealedCredential(apiToken(analyst.token));
    const reply = (await vault.gateway.ask('session.authenticate', { credential })) as RpcReply<AuthenticatedCaller>;
    expect(valueOf(reply)).toEqual({
      principal: analyst.principal,
      kind: 'service',
      displayName: 'security_analyst',
      roles: [{ role: 'security_analyst', workspace: '_system' }],
      scopes: ['secret.get'],
      tokenId: analyst.tokenId,
    });
  });

  it('learns no more than that it is not valid, and the audit tells from where it was shown', async () => {
    const credential = await sealedCredential(apiToken(mintApiToken().token));
    const edge = { ip: '203.0.113.9', userAgent: 'curl' };
    expect(await vault.gateway.ask('session.authenticate', { credential }, { edge })).toEqual({
      ok: true,
      value: null,
    });
    expect((await authentications()).at(-1)).toMatchObject({
      body: { principal: vault.gateway.principal, data: { door: 'gateway', reason: 'token.unknown', count: 1 } },
      detail: { ip: '203.0.113.9' },
    });
  });

  it('alone may ask that', async () => {
    const credential = await sealedCredential(apiToken(vault.billing.token));
    for (const asker of [vault.admin, vault.billing, vault.scheduler])
      expect(codeOf(await asker.ask('session.authenticate', { credential }))).toBe('access.denied');
  });

  it('is named beside whom it speaks for', async () => {
    const reference = await storedSecret();
    const [created] = await eventsOf(vault.database, `secret-${reference}`);
    expect(created?.body).toMatchObject({ principal: vault.admin.principal, via: vault.gateway.principal });
  });
});

describe('another service', () => {
  it('is told of a session, with the keys of its own and no others', async () => {
    const { sessionId, secret } = await sessionOf(vault.billing);
    const told = (await vault.scheduler.ask('session.introspect', { sessionId })) as RpcReply<IntrospectedSession>;
    expect(valueOf(told)).toMatchObject({
      sessionId,
      principal: vault.billing.principal,
      conn: vault.billing.conn,
      roles: [{ role: 'service', workspace: '_system' }],
      address: '127.0.0.1',
      ...exportSessionKeys(sessionKeys(secret, 'rotation')),
    });
  });

  it('is told of none that has lost its token', async () => {
    const holder = await vault.caller('service');
    const { sessionId } = await sessionOf(holder);
    valueOf(await vault.admin.ask('token.revoke', { tokenId: holder.tokenId }));
    expect(valueOf(await vault.scheduler.ask('session.introspect', { sessionId }))).toBeNull();
  });

  it('alone may ask about sessions', async () => {
    const { sessionId } = await sessionOf(vault.billing);
    for (const asker of [vault.admin, vault.gateway, vault.billing])
      expect(codeOf(await asker.ask('session.introspect', { sessionId }))).toBe('access.denied');
  });
});

it('a flood of failures is told by one event beside the first, and every attempt is counted', async () => {
  const flooding = await vault.caller('service');
  for (let attempt = 0; attempt < 25; attempt++) {
    const { message, secret } = await handmadeSetUp(flooding, vault.vaultKey, apiToken(mintApiToken().token));
    expect(await sendSetUp(flooding, message, secret)).toMatchObject({ reply: { error: { code: 'auth.invalid' } } });
  }
  await vault.restart();
  const told = (await authentications()).filter(
    ({ body }) => body.principal === flooding.principal && body.data['count'],
  );
  expect(told.map(({ body }) => body.data['count'])).toEqual([1, 24]);
});

it('sessions that have ended are forgotten with the set-ups that opened them', async () => {
  const { sessionId } = await sessionOf(vault.billing);
  const stored = async () =>
    (await sql`select from session where session_id = ${sessionId}`.execute(vault.database)).rows.length;
  expect(await stored()).toBe(1);
  await vault.rooms.sessions.forgetEnded(Date.now() + 24 * 3_600_000);
  expect(await stored()).toBe(1);
  await vault.rooms.sessions.forgetEnded(Date.now() + 26 * 3_600_000);
  expect(await stored()).toBe(0);
});
