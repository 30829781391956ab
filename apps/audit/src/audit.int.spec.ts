/** The audit as a service: events go onto a real bus, answers come back over it, PostgreSQL is between. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RpcReply } from '@keytrail/contracts';
import { AuditEntry, Principal } from '@keytrail/contracts';
import { sql } from 'kysely';
import type { AuditOnTheBus } from './audit.fixture.js';
import { auditOnTheBus, until } from './audit.fixture.js';
import { auditProjection } from './audit.projection.js';
import { arrived, madeEvent } from './event/audit-event.fixture.js';
import { AuditEventStore } from './event/audit-event.store.js';
import { SecretUsageStore } from './usage/secret-usage.store.js';

const ANNA = Principal.parse('a'.repeat(26));
const BERT = Principal.parse('b'.repeat(26));

let on: AuditOnTheBus;

beforeAll(async () => {
  on = await auditOnTheBus();
}, 60_000);

afterAll(() => on?.end(), 30_000);

const ids = (reply: Awaited<ReturnType<AuditOnTheBus['list']>>) =>
  valueOf(reply).items.map(({ requestId }) => requestId);
const found = async (body: object, workspace?: string) => ids(await on.list(body, workspace));

function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

const denied = (reason: string, count: number) => ({ name: 'SecretAccessDenied', data: { reason, count } });

describe('finding events', () => {
  const acme = 'tenant.acme.openai.find';
  const globex = 'tenant.globex.stripe.find';
  const at = (hour: number) => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;

  beforeAll(() =>
    on.publish(
      { requestid: 'f1', time: at(1), subject: acme, aggregate: 'secret', name: 'SecretCreated', principal: ANNA },
      { requestid: 'f2', time: at(2), subject: acme, principal: ANNA, detail: { ip: '203.0.113.7', text: 'batch' } },
      { requestid: 'f3', time: at(3), subject: acme, principal: BERT, ...denied('secret.revoked', 1) },
      { requestid: 'f4', time: at(4), subject: globex, workspace: 'globex', principal: BERT },
      { requestid: 'f5', time: at(5), subject: acme, aggregate: 'rotation', name: 'RotationImagined', principal: BERT },
    ),
  );

  const day = { from: at(0), to: at(6) };
  it.each([
    ['all of them, newest first', {}, ['f5', 'f4', 'f3', 'f2', 'f1']],
    ['by action', { action: 'create' }, ['f1']],
    ['by the action read, which a decrypt is', { action: 'read' }, ['f4', 'f2']],
    ['by the action of a kind that is not known', { action: 'rotation_imagined' }, ['f5']],
    ['by principal', { principal: ANNA }, ['f2', 'f1']],
    ['by reference', { reference: globex }, ['f4']],
    ['by workspace', { workspace: 'globex' }, ['f4']],
    ['by outcome', { outcome: 'failure' }, ['f3']],
    ['by request', { requestId: 'f2' }, ['f2']],
    ['from a time on, it included', { from: at(4) }, ['f5', 'f4']],
    ['up to a time, it excluded', { to: at(3) }, ['f2', 'f1']],
    ['by all of these at once', { action: 'decrypt', principal: ANNA, reference: acme, outcome: 'success' }, ['f2']],
    ['none where none fits', { action: 'create', outcome: 'failure' }, []],
  ])('answers %s', async (_, filter, expected) => {
    expect(await found({ ...day, ...filter })).toEqual(expected);
  });

  it('answers entries as the contract has them', async () => {
    const [entry] = valueOf(await on.list({ requestId: 'f2' })).items;
    expect(AuditEntry.parse(entry)).toMatchObject({
      action: 'decrypt',
      time: at(2),
      principal: ANNA,
      ip: '203.0.113.7',
      purpose: 'batch',
      version: 1,
      details: { version: 1 },
    });
  });

  it('below a workspace answers that workspace alone', async () => {
    expect(await found(day, 'globex')).toEqual(['f4']);
    expect(await found({ ...day, workspace: 'globex' }, 'globex')).toEqual(['f4']);
    expect(await on.list({ workspace: 'acme' }, 'globex')).toMatchObject({
      ok: false,
      error: { code: 'access.denied' },
    });
  });

  it.each([
    ['an unknown filter', { actor: 'x' }],
    ['a wrong type', { limit: '10' }],
    ['no items at all', { limit: 0 }],
    ['too many items', { limit: 1_001 }],
    ['an action of another form', { action: "decrypt'; drop table audit_event" }],
    ['a date that is none', { from: '2026-02-30T00:00:00.000Z' }],
    ['a cursor that no page gave', { cursor: 'abc' }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    expect(await on.list(body)).toMatchObject({ ok: false, error: { code: 'request.malformed', retryable: false } });
  });
});

describe('paging', () => {
  const subject = 'tenant.acme.openai.page';

  it('through events of equal times tells each once, newest first', async () => {
    const said = Array.from({ length: 25 }, (_, i) => ({
      subject,
      requestid: `p${i}`,
      time: `2026-01-02T00:00:0${Math.floor(i / 10)}.000Z`,
    }));
    await on.publish(...said);
    const seen: (string | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = valueOf(await on.list({ reference: subject, limit: 4, ...(cursor && { cursor }) }));
      expect(page.items.length).toBe(seen.length < 24 ? 4 : 1);
      seen.push(...page.items.map(({ requestId }) => requestId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(said.map(({ requestid }) => requestid).toReversed());
  });

  it('ends where the last page is full', async () => {
    expect(valueOf(await on.list({ reference: subject, limit: 25 }))).toMatchObject({ nextCursor: null });
  });
});

describe('the use of a secret', () => {
  const subject = 'tenant.acme.openai.use';

  it('is counted, and its latest accesses are told', async () => {
    const time = (seconds: number) => new Date(Date.UTC(2026, 0, 3) + seconds * 1_000).toISOString();
    const decrypts = Array.from({ length: 60 }, (_, i) => ({
      subject,
      principal: ANNA,
      time: time(i),
      requestid: `u${i}`,
    }));
    await on.publish(...decrypts);
    await on.publish(
      { subject, principal: BERT, time: time(100), ...denied('version.expired', 7) },
      { subject, aggregate: 'secret', name: 'SecretRevoked', data: {}, time: time(101) },
      { subject, principal: BERT, time: time(-1) },
    );
    const usage = valueOf(await on.usageOf(subject));
    expect(usage).toMatchObject({ decrypted: 61, denied: 7, lastUsedAt: time(59), lastUsedBy: ANNA });
    expect(usage.items[0]).toMatchObject({ action: 'access_denied', code: 'version.expired' });
    const latest = decrypts.slice(-49).map(({ requestid }) => requestid);
    expect(usage.items.slice(1).map(({ requestId }) => requestId)).toEqual(latest.toReversed());

    await on.publish({ subject, principal: BERT, time: time(102) });
    const later = { decrypted: 62, denied: 7, lastUsedAt: time(102), lastUsedBy: BERT };
    expect(valueOf(await on.usageOf(subject))).toMatchObject(later);
  });

  it('of a secret that nobody used is nothing', async () => {
    const reference = 'tenant.acme.openai.unused';
    const never = { lastUsedAt: null, lastUsedBy: null, accessAnomalyDetectedAt: null };
    expect(valueOf(await on.usageOf(reference))).toEqual({ reference, decrypted: 0, denied: 0, ...never, items: [] });
  });

  it('is told below its own workspace only', async () => {
    expect(await on.usageOf(subject, 'acme')).toMatchObject({ ok: true });
    expect(await on.usageOf(subject, 'globex')).toMatchObject({ ok: false, error: { code: 'access.denied' } });
    expect(await on.usageOf('tenant..x')).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
  });
});

describe('an event that is not as it was written', () => {
  it('is told without the detail that does not belong to it, and named in the log', async () => {
    const made = madeEvent({ requestid: 'd1', detail: { ip: '203.0.113.7' } });
    await on.publish({ ...made, detail: Buffer.from('{"ip":"198.51.100.1"}') });
    expect(valueOf(await on.list({ requestId: 'd1' })).items).toMatchObject([{ ip: null, action: 'decrypt' }]);
    expect(on.lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ flaw: 'detail_mismatch', service: 'vault', eventId: made.id }),
    );
  });
});

describe('the projection', () => {
  it('applies what comes again once, and keeps what cannot be read', async () => {
    const stores = { events: new AuditEventStore(on.orm), usages: new SecretUsageStore(on.orm) };
    const folded = auditProjection('anomaly', { database: on.database, ...stores, log: on.log });
    const subject = 'tenant.acme.openai.again';
    const [first, second] = [arrived(madeEvent({ subject }), 1), arrived(madeEvent({ subject }), 2)];
    const broken = { ...arrived(madeEvent({ subject }), 3), body: Buffer.from('{"id":"\\u0000"') };

    await folded.handle([first, second]);
    await folded.handle([first, second]);
    await folded.handle([second, broken]);
    expect(await folded.lastOrdinal()).toBe(3);
    expect(valueOf(await on.usageOf(subject))).toMatchObject({ decrypted: 2, items: { length: 2 } });
    const unread = valueOf(await on.list({ limit: 1 })).items;
    expect(unread).toMatchObject([{ service: 'anomaly', ordinal: 3, id: null, principal: null, action: 'decrypt' }]);
  });
});

describe('the service', () => {
  const kept = async () => {
    const { rows } = await sql`select count(*)::int as events, max(ordinal)::int as last from audit_event
                                where service = 'vault'`.execute(on.database);
    return rows;
  };
  const isReady = async () => (await on.readiness()).status === 'ready';

  it.each(['update audit_event set action = action', 'delete from audit_event', 'truncate audit_event'])(
    'cannot change what it has told: %s',
    async (change) => {
      await expect(sql.raw(change).execute(on.database)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('goes on where it was after a restart', async () => {
    await on.restart();
    await on.publish({ requestid: 'r1' });
    expect(await kept()).toEqual([{ events: on.published(), last: on.published() }]);
  });

  it('refuses while its database is away, and catches up once it is back', async () => {
    await until(isReady);
    await on.stopDatabase();
    const refusal = { ok: false, error: { code: 'journal.unavailable', retryable: true } };
    expect(await on.list({})).toMatchObject(refusal);
    expect(await on.usageOf('tenant.acme.openai.use')).toMatchObject(refusal);
    expect(await on.readiness()).toMatchObject({ failing: expect.arrayContaining(['database']) });
    await on.startDatabase();
    await on.publish({ requestid: 'r2' });
    expect(await kept()).toEqual([{ events: on.published(), last: on.published() }]);
    await until(isReady);
  }, 30_000);
});
