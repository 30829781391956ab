/**
 * An administrator lets services, people and workloads in, each with what it may; whoever is withdrawn is out at once,
 * and the audit tells of everybody who it was.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import type { PrincipalDescription } from '@keytrail/contracts';
import { canarySecret, startJwtIssuer, temporaryFolder, type JwtIssuer, type TemporaryFolder } from '@keytrail/testing';
import { eventReader, type EventReader, type ReadEvent } from './event-reader.fixture.js';
import { issueToken, projectToken, register } from './identity.fixture.js';
import { closeStage, openStage, refusalOf, until, type Stage } from './stage.fixture.js';

const reference = 'tenant.acme.openai.prod';
const elsewhere = 'tenant.globex.openai.prod';
const value = canarySecret('openai', 'identity');
const HOUR_MS = 3_600_000;
/** How much later than it says a JWT is still taken, so that clocks may differ. */
const CLOCK_MS = 5_000;

let stage: Stage;
let issuer: JwtIssuer;
let folder: TemporaryFolder;
beforeAll(async () => {
  [issuer, folder] = await Promise.all([startJwtIssuer(), temporaryFolder()]);
  const issuersFile = path.join(folder.path, 'issuers.json');
  const issuers = [{ issuer: issuer.url, audience: issuer.audience }];
  fs.writeFileSync(issuersFile, JSON.stringify(issuers), { mode: 0o600 });
  stage = await openStage({ issuersFile });
  for (const slug of ['acme', 'globex']) await stage.ask('POST', '/workspaces', { body: { slug } });
  for (const each of [reference, elsewhere])
    await stage.ask('POST', '/secrets', { body: { reference: each, value: { text: value } } });
});
afterAll(async () => {
  await closeStage();
  await issuer?.stop();
  await folder?.remove();
});

/** Whose client it is, is the audit's business: the value is the same for everybody. */
async function expectObtained(client: KeytrailClient, requestId: string): Promise<void> {
  using obtained = await client.decrypt(reference, { requestId });
  expect(obtained.text()).toBe(value);
}

/** The audit's entry of a request, where it has only one. */
async function entryOf(requestId: string): Promise<unknown> {
  await stage.entriesThrough(requestId);
  const entries = await stage.entries(`requestId=${requestId}`);
  expect(entries).toHaveLength(1);
  return entries[0];
}

/** What the audit knows of the administrator behind each request, and of the gateway that it came through. */
async function administrator(): Promise<object> {
  const { json } = await stage.ask('GET', '/access/principals?limit=1000');
  const everybody = json['items'] as readonly PrincipalDescription[];
  const gateway = everybody.find(({ displayName }) => displayName === 'gateway');
  return {
    principal: stage.system.adminPrincipal,
    actor: 'local administrator',
    actorKind: 'user',
    actorRole: 'internal_admin',
    via: gateway?.principal,
    ip: '127.0.0.1',
  };
}

describe('a service', () => {
  let principal: string;
  let client: KeytrailClient;
  let tokenId: string;
  let token: string;
  beforeAll(async () => {
    const role = { role: 'service', workspace: 'acme' } as const;
    principal = await register(stage, { displayName: 'nightly report', ...role, requestId: 'nightly-registered' });
    const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
    ({ token, tokenId } = await issueToken(stage, principal, { scopes: ['secret.decrypt'], expiresAt }));
    client = await stage.client({ credential: { token } });
  });

  it('obtains a value with the token that it was given, and the audit names it and who has let it in', async () => {
    expect(client.principal).toBe(principal);
    await expectObtained(client, 'nightly-1');
    expect(await entryOf('nightly-1')).toMatchObject({
      action: 'decrypt',
      outcome: 'success',
      reference,
      principal,
      actor: 'nightly report',
      actorKind: 'service',
      actorRole: 'service',
      via: null,
      ip: '127.0.0.1',
      userAgent: null,
    });
    const whoever = { ...(await administrator()), userAgent: 'platform-console/7', outcome: 'success' };
    expect(await stage.entries('requestId=nightly-registered')).toMatchObject([
      { ...whoever, action: 'role_bound', details: { role: 'service', workspace: 'acme' } },
      { ...whoever, action: 'principal_registered', details: { kind: 'service' } },
    ]);
  });

  it('obtains nothing elsewhere, and nothing with a token for something else', async () => {
    const other = await issueToken(stage, principal, { scopes: ['secret.get'] });
    const narrow = await stage.client({ credential: { token: other.token } });
    const unavailable = { code: 'secret.unavailable', retryable: false };
    expect(await refusalOf(client.decrypt(elsewhere, { requestId: 'elsewhere' }))).toMatchObject(unavailable);
    expect(await refusalOf(narrow.decrypt(reference, { requestId: 'narrow' }))).toMatchObject(unavailable);
    const denied = { action: 'access_denied', outcome: 'failure', principal };
    expect(await entryOf('elsewhere')).toMatchObject({ ...denied, code: 'principal.not_permitted' });
    expect(await entryOf('narrow')).toMatchObject({ ...denied, code: 'credential.out_of_scope' });
  });

  it('is out once the time of its token is over', async () => {
    const expiresAt = new Date(Date.now() + 10_000).toISOString();
    const brief = await issueToken(stage, principal, { expiresAt });
    const visitor = await stage.client({ credential: { token: brief.token } });
    await expectObtained(visitor, 'brief');
    const refusal = await until(
      () => refusalOf(visitor.decrypt(reference)),
      (refused) => refused !== null && !refused.retryable,
    );
    expect(refusal).toMatchObject({ code: 'auth.invalid' });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    await expect(stage.client({ credential: { token: brief.token } })).rejects.toMatchObject({ code: 'auth.invalid' });
  });

  it('whose token is revoked obtains nothing from the next request on, and does not come back', async () => {
    const bystander = await stage.caller('billing');
    await expectObtained(client, 'nightly-2');
    const revoked = await stage.ask('POST', `/access/tokens/${tokenId}/revoke`, { body: { reason: 'seen in public' } });
    expect(revoked).toMatchObject({ status: 200, json: { status: 'revoked' } });
    const out = { code: 'auth.invalid', retryable: false };
    expect(await refusalOf(client.decrypt(reference, { requestId: 'nightly-3' }))).toMatchObject(out);
    expect(await entryOf('nightly-3')).toMatchObject({
      action: 'access_denied',
      code: 'credential.revoked',
      principal,
      actor: 'nightly report',
    });
    await expect(stage.client({ credential: { token } })).rejects.toMatchObject(out);

    await stage.system.restart('nats');
    await until(
      () => refusalOf(bystander.decrypt(reference)),
      (refused) => refused === null,
    );
    const shut = await until(
      () => refusalOf(client.decrypt(reference)),
      (refused) => refused?.message.includes('the bus refuses') ?? false,
    );
    expect(shut).toMatchObject(out);
    const failures = await until(
      () => stage.entries('action=authentication_failed'),
      (entries) => entries.some(({ code, details }) => code === 'token.revoked' && details['door'] === 'connect'),
    );
    expect(failures).toContainEqual(
      expect.objectContaining({
        outcome: 'failure',
        code: 'token.revoked',
        ip: '127.0.0.1',
        details: expect.objectContaining({ door: 'connect', tokenId }),
      }),
    );
  });
});

describe('an analyst', () => {
  const headers = () => {
    const token = fs.readFileSync(stage.system.callers.analyst.tokenFile, 'utf8');
    return { authorization: `Bearer ${token}`, 'user-agent': 'soc/1' };
  };

  it('reads the audit, and may neither store nor let anybody in nor obtain', async () => {
    expect(await stage.ask('GET', '/audit/events', { headers: headers() })).toMatchObject({ status: 200 });
    const changes: readonly (readonly [below: string, body: object])[] = [
      ['/secrets', { reference: 'tenant.acme.openai.smuggled', value: { text: value } }],
      [`/secrets/${reference}/versions`, { value: { text: value } }],
      [`/secrets/${reference}/revoke`, {}],
      ['/workspaces', { slug: 'smuggled' }],
      ['/access/principals', { kind: 'user', displayName: 'accomplice' }],
      ['/access/tokens', { principal: stage.system.adminPrincipal }],
    ];
    for (const [below, body] of changes) {
      const answer = await stage.ask('POST', below, { body, headers: headers() });
      expect([below, answer]).toMatchObject([below, { status: 403, json: { code: 'access.denied' } }]);
    }
    const described = await stage.ask('GET', `/secrets/${reference}`, { headers: headers() });
    expect(described).toMatchObject({ status: 200, json: { status: 'active', currentVersion: 1 } });
    const analyst = await stage.caller('analyst');
    expect(await refusalOf(analyst.decrypt(reference))).toMatchObject({ code: 'secret.unavailable' });
  });
});

describe('the program of an analyst', () => {
  const open = async (): Promise<EventReader> => {
    const reader = await eventReader(stage.system, stage.system.callers.analyst);
    if (reader === null) throw new Error('the analyst was not let in');
    return reader;
  };
  const happen = async (requestId: string): Promise<string> => {
    const billing = await stage.caller('billing');
    using obtained = await billing.decrypt(reference, { requestId });
    await stage.entriesThrough(requestId);
    return obtained.receipt.eventId;
  };

  it('reads every event since it first came, each once, however often it comes back', async () => {
    await (await open()).close();
    const read: ReadEvent[] = [];
    for (const requestId of ['while-away', 'while-away-again']) {
      const eventId = await happen(requestId);
      const reader = await open();
      do read.push(await reader.next());
      while (read.at(-1)?.id !== eventId);
      await reader.close();
    }
    const [first, last] = [read[0]?.ordinal ?? 0, read.at(-1)?.ordinal ?? 0];
    const told = (await stage.entries())
      .filter(({ service, ordinal }) => service === 'vault' && ordinal >= first && ordinal <= last)
      .map(({ id, ordinal }) => ({ id, ordinal }));
    expect(read).toEqual(told.toReversed());
  });

  it('may do nothing else there', async () => {
    const { principal } = stage.system.callers.analyst;
    const reader = await open();
    const forbidden = [
      '$JS.API.STREAM.INFO.VAULT',
      '$JS.EVENTS.API.STREAM.INFO.VAULT',
      `$JS.EVENTS.API.CONSUMER.CREATE.VAULT.events-${principal}`,
      `$JS.EVENTS.API.CONSUMER.DELETE.VAULT.events-${principal}`,
      '$JS.EVENTS.API.CONSUMER.MSG.NEXT.VAULT.audit-vault',
      'evt.vault.acme.secret.SecretCreated',
      `rpc.vault.${principal}.${'c'.repeat(20)}.acme.secret.decrypt`,
    ];
    for (const subject of forbidden) expect([subject, await reader.send(subject)]).toEqual([subject, 'forbidden']);
    for (const subject of ['evt.>', '>', '_INBOX.>', `_R.${principal}.>`, `notify.${principal}.>`])
      expect([subject, await reader.mayHear(subject)]).toEqual([subject, false]);
    await reader.close();
  });

  it('is not let in with the token of a service', async () => {
    expect(await eventReader(stage.system, stage.system.callers.billing)).toBeNull();
  });
});

describe('whom another house knows', () => {
  it('a person comes as the one who is registered under that name, and may what that one may', async () => {
    const outsideName = { issuer: issuer.url, subject: 'anna' };
    const who = { kind: 'user', displayName: 'Anna Acker', role: 'internal_admin', workspace: 'acme' } as const;
    const principal = await register(stage, { ...who, outsideName });
    const store = (key: string, subject: string, requestId: string) =>
      stage.ask('POST', '/secrets', {
        body: { reference: key, value: { text: value } },
        headers: { authorization: `Bearer ${issuer.token(subject)}`, 'x-request-id': requestId },
      });
    expect(await store('tenant.acme.openai.hers', 'anna', 'hers')).toMatchObject({ status: 201 });
    expect(await store('tenant.globex.openai.hers', 'anna', 'not-hers')).toMatchObject({
      status: 403,
      json: { code: 'access.denied' },
    });
    expect(await store('tenant.acme.openai.his', 'bob', 'his')).toMatchObject({
      status: 401,
      json: { code: 'auth.invalid' },
    });
    expect(await entryOf('hers')).toMatchObject({
      action: 'create',
      principal,
      actor: 'Anna Acker',
      actorKind: 'user',
      actorRole: 'internal_admin',
    });
    expect(await entryOf('his')).toMatchObject({
      action: 'authentication_failed',
      code: 'jwt.subject_unknown',
      details: { door: 'gateway', count: 1 },
    });
  });

  it('a pod goes on while the token that is projected into it is replaced, and its old one is good for nothing', async () => {
    const subject = 'system:serviceaccount:payments:biller';
    const outsideName = { issuer: issuer.url, subject };
    const who = { kind: 'workload', displayName: 'biller', role: 'service', workspace: 'acme' } as const;
    const principal = await register(stage, { ...who, outsideName });
    const endsAtMs = (Math.floor(Date.now() / 1_000) + 10) * 1_000;
    const old = issuer.token(subject, { exp: endsAtMs / 1_000 });
    const projected = projectToken(folder.path, old);
    const pod = await stage.client({ credential: { tokenFile: projected.file } });
    const thief = await stage.client({ credential: { token: old } });
    await expectObtained(pod, 'pod-1');
    await expectObtained(thief, 'thief-1');
    projected.rotate(issuer.token(subject));

    const out = await until(
      () => refusalOf(thief.decrypt(reference)),
      (refused) => refused !== null && !refused.retryable,
    );
    expect(out).toMatchObject({ code: 'auth.invalid' });
    expect(Date.now()).toBeGreaterThanOrEqual(endsAtMs + CLOCK_MS);
    await until(
      () => refusalOf(pod.decrypt(reference, { purpose: 'after the rotation' })),
      (refused) => refused === null,
    );
    await expectObtained(pod, 'pod-2');
    expect(await entryOf('pod-2')).toMatchObject({ principal, actor: 'biller', actorKind: 'workload' });
  });
});
