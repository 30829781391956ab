/** A platform team stores a key over HTTP, a service decrypts it over NATS, the analyst finds both in the audit. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import type { AuditEntry } from '@keytrail/contracts';
import { canarySecret, findCanary } from '@keytrail/testing';
import { closeStage, openStage, refusalOf, until, type Stage } from './stage.fixture.js';

let stage: Stage;
let billing: KeytrailClient;
let chatbot: KeytrailClient;
beforeAll(async () => {
  stage = await openStage();
  [billing, chatbot] = await Promise.all([stage.caller('billing'), stage.caller('chatbot')]);
  for (const slug of ['acme', 'globex']) await stage.ask('POST', '/workspaces', { body: { slug } });
});
afterAll(closeStage);

const values: string[] = [];
/** A value that no answer may ever hold. */
function newValue(): string {
  const value = canarySecret(values.length % 2 === 0 ? 'openai' : 'database', `first-key/${values.length}`);
  values.push(value);
  return value;
}

const store = (reference: string, text = newValue(), headers = {}) =>
  stage.ask('POST', '/secrets', { body: { reference, value: { text } }, headers });

async function textOf(...[reference, options]: Parameters<KeytrailClient['decrypt']>): Promise<string> {
  using value = await billing.decrypt(reference, options);
  return value.text();
}

describe('a key', () => {
  it('is stored over HTTP and decrypted over NATS, and the analyst finds both', async () => {
    const reference = 'tenant.acme.openai.first';
    const value = newValue();
    const stored = await store(reference, value);
    expect(stored).toMatchObject({ status: 201, headers: { etag: '"1"' }, json: { reference, status: 'active' } });

    using obtained = await billing.decrypt(reference, { purpose: 'nightly summary', requestId: 'first-decrypt' });
    expect(obtained.text()).toBe(value);

    await stage.entriesThrough('first-decrypt');
    const { principal } = stage.system.callers.billing;
    const found = await stage.entries(`reference=${reference}`);
    const about = { reference, workspace: 'acme', tenant: 'acme', secretName: 'first', outcome: 'success', version: 1 };
    expect(found).toMatchObject([
      { ...about, action: 'decrypt', id: obtained.receipt.eventId, principal, purpose: 'nightly summary' },
      { ...about, action: 'create', requestId: stored.headers['x-request-id'], ip: '127.0.0.1' },
    ]);
    expect(found).toHaveLength(2);
  });

  it('may hold any bytes', async () => {
    const reference = 'tenant.acme.other.bytes';
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i));
    await stage.ask('POST', '/secrets', { body: { reference, value: { base64: bytes.toString('base64') } } });
    using obtained = await billing.decrypt(reference);
    expect(obtained.bytes.equals(bytes)).toBe(true);
  });

  it('has a new version for everybody at once, and its old ones by number', async () => {
    const reference = 'tenant.acme.openai.renewed';
    const [old, fresh] = [newValue(), newValue()];
    await store(reference, old);
    expect(await textOf(reference)).toBe(old);
    const added = await stage.ask('POST', `/secrets/${reference}/versions`, { body: { value: { text: fresh } } });
    expect(added).toMatchObject({ status: 201, headers: { etag: '"2"' }, json: { currentVersion: 2 } });
    expect(await textOf(reference)).toBe(fresh);
    expect(await textOf(reference, { version: 1 })).toBe(old);
  });

  it('is not available once it is revoked, and shows so, until a new version is stored', async () => {
    const reference = 'tenant.acme.openai.leaked';
    await store(reference);
    await textOf(reference);
    const revoked = await stage.ask('POST', `/secrets/${reference}/revoke`, { body: { reason: 'seen in public' } });
    expect(revoked).toMatchObject({ status: 200, json: { status: 'revoked' } });
    expect(await refusalOf(billing.decrypt(reference))).toMatchObject({ code: 'secret.unavailable' });
    expect(await stage.ask('GET', `/secrets/${reference}`)).toMatchObject({
      status: 200,
      json: { status: 'revoked', versions: [{ version: 1, status: 'revoked' }] },
    });
    const fresh = newValue();
    await stage.ask('POST', `/secrets/${reference}/versions`, { body: { value: { text: fresh } } });
    expect(await textOf(reference, { requestId: 'after-the-leak' })).toBe(fresh);
    await stage.entriesThrough('after-the-leak');
    const told = (await stage.entries(`reference=${reference}`)).map(({ action, code }) => [action, code]);
    expect(told.toReversed()).toEqual([
      ['create', null],
      ['decrypt', null],
      ['revoke', null],
      ['access_denied', 'secret.revoked'],
      ['update', null],
      ['decrypt', null],
    ]);
  });

  it('tells how often it was used, when last and by whom', async () => {
    const reference = 'tenant.acme.openai.counted';
    await store(reference);
    for (const client of [billing, billing, chatbot]) (await client.decrypt(reference)).destroy();
    await refusalOf(billing.decrypt(reference, { version: 7 }));
    const { json } = await until(
      () => stage.ask('GET', `/secrets/${reference}/accesses`),
      (answer) => answer.json['denied'] === 1,
    );
    expect(json).toMatchObject({ reference, decrypted: 3, lastUsedBy: stage.system.callers.chatbot.principal });
    const items = json['items'] as AuditEntry[];
    expect(items.map(({ action }) => action)).toEqual(['access_denied', 'decrypt', 'decrypt', 'decrypt']);
    expect(json['lastUsedAt']).toBe(items[1]?.time);
  });
});

describe('a change', () => {
  it('of what exists already, or does not exist, is refused', async () => {
    const reference = 'tenant.acme.openai.once';
    await store(reference);
    expect(await store(reference)).toMatchObject({ status: 409, json: { code: 'secret.already_exists' } });
    expect(await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } })).toMatchObject({
      status: 409,
      json: { code: 'workspace.already_exists' },
    });
    expect(await store('tenant.nowhere.openai.key')).toMatchObject({
      status: 404,
      json: { code: 'workspace.not_found' },
    });
    expect(await stage.ask('POST', '/secrets/tenant.acme.openai.absent/revoke')).toMatchObject({
      status: 404,
      json: { code: 'secret.not_found' },
    });
  });

  it('that is repeated with its Idempotency-Key has one effect and one answer', async () => {
    const reference = 'tenant.acme.openai.repeated';
    const value = newValue();
    const headers = { 'idempotency-key': 'deploy-42' };
    const first = await store(reference, value, headers);
    expect(first.status).toBe(201);
    const second = await store(reference, value, headers);
    expect([second.status, second.json]).toEqual([first.status, first.json]);
    expect(await store(reference, newValue(), headers)).toMatchObject({
      status: 422,
      json: { code: 'request.command_id_reused' },
    });
    expect(await textOf(reference, { requestId: 'repeated' })).toBe(value);
    await stage.entriesThrough('repeated');
    expect(await stage.entries(`reference=${reference}&action=create`)).toHaveLength(1);
  });

  it('that is based on another revision than the current one is refused', async () => {
    const reference = 'tenant.acme.openai.guarded';
    const created = await store(reference);
    const add = (revision: string) =>
      stage.ask('POST', `/secrets/${reference}/versions`, {
        body: { value: { text: newValue() } },
        headers: { 'if-match': revision },
      });
    expect(await add('"7"')).toMatchObject({ status: 412, json: { code: 'secret.revision_conflict' } });
    const added = await add(created.headers.etag ?? '');
    expect(added).toMatchObject({ status: 201, headers: { etag: '"2"' } });
    expect(await add(created.headers.etag ?? '')).toMatchObject({ status: 412 });
  });

  it.each([
    ['without a token', '', 'auth.missing'],
    ['with a wrong token', 'Bearer kt_wrong', 'auth.invalid'],
  ])('%s is refused, and changes nothing', async (_what, authorization, code) => {
    const reference = 'tenant.acme.openai.foreign';
    expect(await store(reference, newValue(), { authorization })).toMatchObject({ status: 401, json: { code } });
    expect(await stage.ask('GET', `/secrets/${reference}`)).toMatchObject({ status: 404 });
  });
});

describe('the analyst', () => {
  let all: readonly AuditEntry[];
  beforeAll(async () => {
    await store('tenant.globex.groq.prod');
    for (const client of [billing, chatbot]) (await client.decrypt('tenant.globex.groq.prod')).destroy();
    await refusalOf(chatbot.decrypt('tenant.globex.groq.absent', { requestId: 'analyst' }));
    all = await stage.entriesThrough('analyst');
  });

  it('sees every event once, newest first', () => {
    // Two transactions at the same moment may stand in the journal the other way round than their times.
    const ordinals = all.map(({ ordinal }) => ordinal).toSorted((a, b) => b - a);
    expect(ordinals).toEqual(Array.from(all, (_, i) => all.length - i));
    expect(all.map(({ time }) => time)).toEqual(
      all
        .map(({ time }) => time)
        .toSorted()
        .toReversed(),
    );
  });

  it('finds entries by action, principal, reference, workspace, outcome and time, and by all of them together', async () => {
    const { principal } = stage.system.callers.chatbot;
    const reference = 'tenant.globex.groq.prod';
    const [to, from] = [all[2]?.time ?? '', all.at(-3)?.time ?? ''];
    const searches: [string, (entry: AuditEntry) => boolean][] = [
      ['action=decrypt', (entry) => entry.action === 'decrypt'],
      ['action=read', (entry) => entry.action === 'decrypt'],
      ['action=access_denied', (entry) => entry.action === 'access_denied'],
      [`principal=${principal}`, (entry) => entry.principal === principal],
      [`reference=${reference}`, (entry) => entry.reference === reference],
      ['workspace=globex', (entry) => entry.workspace === 'globex'],
      ['outcome=failure', (entry) => !entry.success],
      ['requestId=analyst', (entry) => entry.requestId === 'analyst'],
      [`from=${from}`, ({ time }) => time >= from],
      [`to=${to}`, ({ time }) => time < to],
      [`from=${from}&to=${to}`, ({ time }) => time >= from && time < to],
      [
        `action=decrypt&principal=${principal}&workspace=globex&outcome=success&from=${from}`,
        (entry) => entry.action === 'decrypt' && entry.principal === principal && entry.workspace === 'globex',
      ],
    ];
    for (const [query, matches] of searches) {
      const expected = all.filter(matches);
      expect([query, await stage.entries(query)]).toEqual([query, expected]);
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(all.length);
    }
  });

  it('turns pages that stay in place while new events arrive', async () => {
    const found: unknown[] = [];
    let cursor: string | null = '';
    let pages = 0;
    while (cursor !== null) {
      const { json } = await stage.ask('GET', `/audit/events?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`);
      found.push(...(json['items'] as unknown[]));
      cursor = json['nextCursor'] as string | null;
      pages++;
      if (pages > 1) continue;
      (await billing.decrypt('tenant.globex.groq.prod', { requestId: 'between-pages' })).destroy();
      await stage.entriesThrough('between-pages');
    }
    expect(found).toEqual(all);
    expect(pages).toBe(Math.ceil(all.length / 7));
  });
});

it('never has a plaintext in an answer', () => {
  const answered = Buffer.concat(stage.answers);
  expect(findCanary(answered, [Buffer.from('tenant.acme.openai.first')])).not.toEqual([]);
  expect(
    findCanary(
      answered,
      values.map((value) => Buffer.from(value)),
    ),
  ).toEqual([]);
});
