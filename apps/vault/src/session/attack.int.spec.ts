/** Attacks at the vault's door, each by somebody who has come as far as the bus itself would let them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUTHENTICATION_STREAM, type Credential, RPC_HEADERS } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { sql } from 'kysely';
import { anotherSession, codeOf, tokenCaller } from '../caller.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { type Answer, handmadeSession, handmadeSetUp, sendSetUp, type Signed } from '../handmade.fixture.js';
import { openVaultFixture, type TokenHolder, type VaultFixture } from '../vault.fixture.js';

let vault: VaultFixture;
let thief: TokenHolder;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
  thief = await vault.caller('service', { workspace: 'globex' });
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
const accessesOf = async (reference: string) => (await eventsOf(vault.database, `secret-${reference}`)).slice(1);
const outcomeOf = (answer: Answer) => answer && [answer.sealed ? 'sealed' : 'in clear', codeOf(answer.reply)];
const refusedAtTheDoor = ['in clear', 'auth.session_invalid'];

/** The advisory lock that accesses share: see libs/postgres/src/journal-schema.ts. */
const FENCE_KEY = 7_265_746;

/** As the vault knows it. */
async function sessionOfGateway(): Promise<unknown> {
  const { rows } = await sql`select session_id as "sessionId", principal from session
                              where principal = ${vault.gateway.principal} limit 1`.execute(vault.database);
  return rows[0];
}

/** What all of its requests have; `nth` tells them apart. */
const askedByTheGateway = async (nth: number) => ({
  session: await sessionOfGateway(),
  counter: 900_000_000 + nth,
  requestId: `drill-${nth}`,
  deadlineMs: Date.now() + 5_000,
});

/** The latest failed authentication. */
const lastFailure = async () =>
  (await eventsOf(vault.database, AUTHENTICATION_STREAM)).findLast(({ type }) => type === 'AuthenticationFailed');

const withHeaders = ({ message, counter }: Signed, headers: Readonly<Record<string, string>>): Signed => ({
  counter,
  message: { ...message, headers: { ...message.headers, ...headers } },
});

describe('a session of somebody else', () => {
  it('is of no use by its id alone, whoever’s connection it is shown on', async () => {
    const reference = await storedSecret();
    const [victim, own] = [await sessionOf(vault.billing), await sessionOf(thief)];
    const stolen = withHeaders(own.sign('secret.decrypt', { reference }), { [RPC_HEADERS.session]: victim.sessionId });
    expect(outcomeOf(await own.send(stolen))).toEqual(refusedAtTheDoor);
    const forged = withHeaders(victim.sign('secret.decrypt', { reference }), { [RPC_HEADERS.mac]: 'A'.repeat(43) });
    expect(outcomeOf(await victim.send(forged))).toEqual(refusedAtTheDoor);
    expect(await accessesOf(reference)).toEqual([]);
  });

  it('is of no use on another connection of the same principal, even with its keys', async () => {
    const reference = await storedSecret();
    const session = await sessionOf(vault.billing);
    const elsewhere = await tokenCaller(vault.surroundings, vault.billing.token);
    const own = await handmadeSession(elsewhere, vault.vaultKey, apiToken(vault.billing.token));
    const { message, counter } = own.sign('secret.decrypt', { reference });
    const moved = {
      counter,
      message: { ...message, headers: { ...message.headers, [RPC_HEADERS.session]: session.sessionId } },
    };
    expect(outcomeOf(await own.send(moved))).toEqual(refusedAtTheDoor);
    expect(await accessesOf(reference)).toEqual([]);
  });

  it('is not opened in their name: not on their subject by another’s credential, not by their set-up elsewhere', async () => {
    const asThief = anotherSession(vault.billing, vault.vaultKey, apiToken(thief.token));
    expect(codeOf(await asThief.ask('secret.decrypt', { reference: await storedSecret() }))).toBe('auth.invalid');
    expect(await lastFailure()).toMatchObject({
      body: { data: { door: 'session', reason: 'principal.mismatch', count: 1, tokenId: thief.tokenId } },
      detail: { ip: '127.0.0.1' },
    });
    const { message, secret } = await handmadeSetUp(vault.billing, vault.vaultKey, apiToken(vault.billing.token));
    const own = await handmadeSetUp(thief, vault.vaultKey, apiToken(thief.token));
    const diverted = { ...own.message, body: message.body };
    expect(outcomeOf(await sendSetUp(thief, diverted, secret))).toEqual(['in clear', 'request.malformed']);
    expect(await lastFailure()).toMatchObject({
      // Whoever may publish anywhere could have written any name into the subject.
      body: { principal: vault.identities.vault.rpc.principal, data: { reason: 'credential.unreadable' } },
    });
  });

  it('is not opened again by their set-up', async () => {
    const { setUp, secret } = await sessionOf(vault.billing);
    const opened = async () =>
      (await eventsOf(vault.database, AUTHENTICATION_STREAM)).filter(({ type }) => type === 'SessionOpened').length;
    const before = await opened();
    for (const replica of ['the same', 'another']) {
      if (replica === 'another') await vault.restart();
      expect(outcomeOf(await sendSetUp(vault.billing, setUp, secret))).toEqual(['sealed', 'auth.session_invalid']);
    }
    expect(before).toBeGreaterThan(0);
    expect(await opened()).toBe(before);
  });
});

describe('a request', () => {
  it.each([
    ['counter', '7'],
    ['deadline', String(Date.now() + 9_000)],
    ['requestId', 'another'],
    ['commandId', 'another'],
    ['onBehalfOf', 'a'.repeat(26)],
    ['edge', Buffer.from('{"ip":"6.6.6.6"}').toString('base64url')],
    ['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`],
  ] as const)('whose %s was changed on its way is not served', async (name, text) => {
    const reference = await storedSecret();
    const session = await sessionOf(vault.billing);
    const changed = withHeaders(session.sign('secret.decrypt', { reference }), { [RPC_HEADERS[name]]: text });
    expect(outcomeOf(await session.send(changed))).toEqual(refusedAtTheDoor);
    expect(await accessesOf(reference)).toEqual([]);
  });

  it('whose body or addressee was changed on its way is not served', async () => {
    const [reference, other] = [await storedSecret(), await storedSecret()];
    const session = await sessionOf(vault.billing);
    const signed = session.sign('secret.decrypt', { reference });
    const { message, counter } = signed;
    const body = Buffer.from(JSON.stringify({ reference: other }));
    expect(outcomeOf(await session.send({ counter, message: { ...message, body } }))).toEqual(refusedAtTheDoor);
    const subject = message.subject.replace('.acme.', '.globex.');
    expect(outcomeOf(await session.send({ counter, message: { ...message, subject } }))).toEqual(refusedAtTheDoor);
    const reply = `${message.reply}x`;
    expect(outcomeOf(await session.send({ counter, message: { ...message, reply } }))).toEqual(refusedAtTheDoor);
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'ok']);
  });

  it('is served once, on the same replica and on another', async () => {
    const reference = await storedSecret();
    const session = await sessionOf(vault.billing);
    const signed = session.sign('secret.decrypt', { reference });
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'ok']);
    expect(outcomeOf(await session.send(signed))).toEqual(refusedAtTheDoor);
    await vault.restart();
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'auth.session_invalid']);
    expect(await accessesOf(reference)).toHaveLength(1);
  });

  it('is served once, whatever it asks', async () => {
    const analyst = await vault.caller('security_analyst');
    const session = await sessionOf(analyst);
    const signed = session.sign('principal.get', { principal: analyst.principal }, { workspace: '_system' });
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'ok']);
    await vault.restart();
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'auth.session_invalid']);
  });

  it('that may come at any time, for its deadline is far, is not served', async () => {
    const session = await sessionOf(vault.billing);
    const reference = await storedSecret();
    const late = session.sign('secret.decrypt', { reference }, { headers: { deadline: String(Date.now() + 60_000) } });
    expect(outcomeOf(await session.send(late))).toEqual(refusedAtTheDoor);
  });
});

it('nobody obtains a value in the name of somebody else, the gateway neither', async () => {
  const { principal, conn } = vault.gateway;
  const address = { service: 'vault', principal, conn, workspace: 'acme', aggregate: 'secret', verb: 'decrypt' };
  // The bus lets no such request through: this is what the vault itself would say to it.
  const asked = { ...(await askedByTheGateway(1)), address, actor: vault.billing.principal, via: principal };
  const body = { reference: await storedSecret() };
  expect(await vault.rooms.authorization.authorize(asked as unknown as RpcRequest, body)).toMatchObject({
    error: { code: 'access.denied' },
  });
});

it.each([
  ['audit', 'session', 'introspect', 2],
  ['rotation', 'secret', 'generate_version', 3],
  ['gateway', 'session', 'authenticate', 4],
] as const)(
  'nobody asks in the name of %s, one of Keytrail’s own, for %s.%s',
  async (...[service, aggregate, verb, n]) => {
    const { principal, conn } = vault.gateway;
    const address = { service: 'vault', principal, conn, workspace: '_system', aggregate, verb };
    const actor = vault.identities[service].rpc.principal;
    const asked = { ...(await askedByTheGateway(n)), address, actor, via: principal };
    expect(await vault.rooms.authorization.authorize(asked as unknown as RpcRequest, {})).toMatchObject({
      error: { code: 'access.denied' },
    });
  },
);

it('a value is not released once its session has ended, though the request had come before', async () => {
  const reference = await storedSecret();
  const endsAtMs = Date.now() + 3_000;
  const passing = await vault.caller('service', { expiresAt: new Date(endsAtMs).toISOString() });
  expect(codeOf(await passing.ask('secret.decrypt', { reference }))).toBe('ok');
  await sleep(endsAtMs - 300 - Date.now());
  const held = vault.database.connection().execute(async (fence) => {
    await sql`select pg_advisory_lock(${FENCE_KEY})`.execute(fence);
    await sleep(endsAtMs + 200 - Date.now());
    await sql`select pg_advisory_unlock(${FENCE_KEY})`.execute(fence);
  });
  expect(codeOf(await passing.ask('secret.decrypt', { reference }))).not.toBe('ok');
  await held;
  expect(await accessesOf(reference)).toHaveLength(1);
});

describe('somebody who is not the gateway', () => {
  it('does not ask in the name of somebody else', async () => {
    const { principal: onBehalfOf } = vault.admin;
    for (const asker of [vault.billing, vault.scheduler])
      expect(codeOf(await asker.ask('secret.get', { reference: await storedSecret() }, { onBehalfOf }))).toBe(
        'access.denied',
      );
  });

  it('has no say about where it asks from', async () => {
    const reference = await storedSecret();
    await vault.billing.ask('secret.decrypt', { reference }, { edge: { ip: '6.6.6.6', userAgent: 'forged' } });
    expect(await accessesOf(reference)).toMatchObject([{ detail: { ip: '127.0.0.1' } }]);
    expect((await accessesOf(reference))[0]?.detail).not.toHaveProperty('userAgent');
  });
});

describe('a session', () => {
  it('is not given another owner by whoever can write its row', async () => {
    const reference = await storedSecret();
    const session = await sessionOf(thief);
    await sql`update session set principal = ${vault.billing.principal}, conn = ${vault.billing.conn}
               where session_id = ${session.sessionId}`.execute(vault.database);
    await vault.restart();
    const forged = session.sign('secret.decrypt', { reference }, { as: vault.billing });
    expect(outcomeOf(await session.send(forged, vault.billing))).toEqual(refusedAtTheDoor);
    expect(await accessesOf(reference)).toEqual([]);
  });

  it('is not opened on a connection that the vault has not let in', async () => {
    const stranger = await tokenCaller(vault.surroundings, vault.billing.token);
    await sql`delete from connection where conn = ${stranger.conn}`.execute(vault.database);
    expect(codeOf(await stranger.ask('secret.decrypt', { reference: await storedSecret() }))).toBe('auth.invalid');
    expect(await lastFailure()).toMatchObject({
      body: { data: { reason: 'conn.unknown', tokenId: vault.billing.tokenId } },
    });
  });
});
