/** Poison on its way into the audit: parked, told, fixed, replayed, and there once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ParkedMessage, RpcReply } from '@keytrail/contracts';
import { ParkedPage } from '@keytrail/contracts';
import { sql } from 'kysely';
import type { AuditOnTheBus } from './audit.fixture.js';
import { auditOnTheBus, until } from './audit.fixture.js';
import { madeEvent } from './event/audit-event.fixture.js';

/** Of a key's shape, made here so that none stands in the repository. */
const LOOKS_LIKE_A_KEY = `sk-proj-${'aB3'.repeat(16)}`;

/** As it happens where a table has learned a rule that an event does not keep. */
const POISON = `
create function refuse_poison() returns trigger language plpgsql as $$
begin
  if new.request_id like 'poison%' then raise exception 'no room for ${LOOKS_LIKE_A_KEY}'; end if;
  return new;
end $$;
create trigger refuse_poison before insert on audit_event for each row execute function refuse_poison();
`;

let on: AuditOnTheBus;
beforeAll(async () => {
  on = await auditOnTheBus();
  await sql.raw(POISON).execute(on.root);
}, 60_000);
afterAll(() => on?.end(), 30_000);

const subject = 'tenant.acme.openai.parked';
const poison = madeEvent({ subject, requestid: 'poison-1' });

function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

const parked = async (body: object = {}): Promise<readonly ParkedMessage[]> =>
  ParkedPage.parse(valueOf(await on.parked(body))).items;
const told = async (requestId: string) => valueOf(await on.list({ requestId })).items.length;
const named = { service: 'vault', ordinal: 2 };

it('a message that cannot be taken in is parked, and those behind it are told', async () => {
  await on.publish({ subject, requestid: 'before' }, poison, { subject, requestid: 'behind' });
  expect(await parked()).toEqual([
    {
      reader: 'audit',
      ...named,
      type: 'keytrail.access.SecretDecrypted.v1',
      eventId: poison.id,
      orderKey: null,
      error: { name: 'error', message: 'no room for sk-proj-...[REDACTED]', code: 'P0001' },
      attempts: 3,
      parkedAt: expect.any(String),
    },
  ]);
  expect([await told('before'), await told('poison-1'), await told('behind')]).toEqual([1, 0, 1]);
  expect(valueOf(await on.usageOf(subject))).toMatchObject({ decrypted: 2 });
  await until(async () => (await on.readiness()).failing?.includes('vault-stream') !== true);
});

it('is named once in the log, as an error, without what looks like a key', () => {
  const lines = on.lines.filter((line) => line.includes('an event is parked'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'error', reader: 'audit', service: 'vault', ordinal: 2, attempts: 3, err: { code: 'P0001' } },
  ]);
  expect(lines.join()).not.toContain(LOOKS_LIKE_A_KEY);
});

it('stays parked where it fails again', async () => {
  expect(await on.replay(named)).toMatchObject({
    ok: false,
    error: { code: 'parked.still_failing', retryable: false, message: expect.stringContaining('ordinal 2') },
  });
  expect(await parked()).toMatchObject([{ ...named, attempts: 4 }]);
});

describe('those who ask', () => {
  it.each([
    ['what is parked', () => on.parked({}, 'acme')],
    ['for a replay', () => on.replay(named, 'acme')],
  ])('%s below a workspace are refused', async (_, ask) => {
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'access.denied' } });
  });

  it.each([
    ['a cursor of another kind', () => on.parked({ cursor: 'vault' })],
    ['a service that there is not', () => on.parked({ service: 'gateway' })],
    ['an ordinal that is none', () => on.replay({ service: 'vault', ordinal: 0 })],
    ['an ordinal beyond all', () => on.replay({ service: 'vault', ordinal: 2 ** 53 })],
  ])('with %s are told what is wrong', async (_, ask) => {
    expect(await ask()).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
  });

  it.each([
    ['was never parked', { service: 'vault', ordinal: 3 }],
    ['is of a service that is not followed', { service: 'audit', ordinal: 2 }],
  ])('for a replay of what %s are told so', async (_, which) => {
    expect(await on.replay(which)).toMatchObject({ ok: false, error: { code: 'parked.not_found' } });
  });

  it('are told page by page, by service and ordinal', async () => {
    await on.publish(madeEvent({ requestid: 'poison-2' }), { requestid: 'after' });
    const page = async (body: object) => {
      const { items, nextCursor } = valueOf(await on.parked(body));
      return [items.map(({ ordinal }) => ordinal), nextCursor];
    };
    expect(await page({ limit: 1 })).toEqual([[2], 'vault.2']);
    expect(await page({ limit: 1, cursor: 'vault.2' })).toEqual([[4], null]);
    expect(await page({ limit: 1, cursor: 'vault.4' })).toEqual([[], null]);
    expect(await page({ service: 'anomaly' })).toEqual([[], null]);
    expect(await page({ service: 'vault' })).toEqual([[2, 4], null]);
  });
});

it('once what was in the way is gone, it is replayed, and there once, however many ask for it', async () => {
  await sql`drop trigger refuse_poison on audit_event`.execute(on.root);
  const replies = await Promise.all(Array.from({ length: 5 }, () => on.replay(named)));
  expect(replies.filter(({ ok }) => ok)).toEqual([{ ok: true, value: { replayed: 1, remaining: 0 } }]);
  const refusals = replies.flatMap((reply) => (reply.ok ? [] : [reply.error.code]));
  expect(refusals).toEqual(Array(4).fill('parked.not_found'));
  expect(valueOf(await on.list({ requestId: 'poison-1' })).items).toMatchObject([{ id: poison.id, ordinal: 2 }]);
  expect(valueOf(await on.usageOf(subject))).toMatchObject({ decrypted: 3, items: { length: 3 } });
  expect(await parked()).toMatchObject([{ ordinal: 4 }]);
});

it('is still there once after a restart, and what is parked still parked', async () => {
  await on.restart();
  await on.publish({ subject, requestid: 'restarted' });
  expect(valueOf(await on.usageOf(subject))).toMatchObject({ decrypted: 4 });
  expect(await parked()).toMatchObject([{ ordinal: 4 }]);
  expect(await on.replay({ service: 'vault', ordinal: 4 })).toMatchObject({ ok: true });
  expect([await parked(), await told('poison-2')]).toEqual([[], 1]);
});
