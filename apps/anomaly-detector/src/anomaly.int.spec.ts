/** The detector as a service: accesses come over a real bus, findings go onto it, PostgreSQL is between. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ParkedPage, RpcReply } from '@keytrail/contracts';
import { ACCESS_RATE_RULES, Finding } from '@keytrail/contracts';
import { samplesOf } from '@keytrail/testing';
import type { VaultEvent } from './access.fixture.js';
import { accessEvent } from './access.fixture.js';
import type { AnomalyOnTheBus } from './anomaly.fixture.js';
import { anomalyOnTheBus, asking, until } from './anomaly.fixture.js';
import type { LoggedAccess } from './recount.fixture.js';
import { recount } from './recount.fixture.js';

// Real servers on a busy machine; nothing here depends on how long anything takes.
jest.setTimeout(30_000);

const HOUR = 3_600_000;

let on: AnomalyOnTheBus;

beforeAll(async () => {
  on = await anomalyOnTheBus();
}, 60_000);

afterAll(() => on?.end(), 30_000);

/** The whole log, for the recount. */
const past: { readonly access: LoggedAccess; readonly event: VaultEvent }[] = [];

/** Each spec has an hour of its own, the last of them the present one. */
let clock = Date.now() - 20 * HOUR;

function publish(accesses: readonly LoggedAccess[], more?: Readonly<Record<string, unknown>>): readonly VaultEvent[] {
  const made = accesses.map((access) => ({ access, event: accessEvent(access, more) }));
  past.push(...made);
  const events = made.map(({ event }) => event);
  on.publish(events);
  return events;
}

const spread = (reference: string, count: number, from = (clock += HOUR)): LoggedAccess[] =>
  Array.from({ length: count }, (_, i) => ({ reference, at: from + i * 10 }));

async function expectEachOnce(): Promise<void> {
  await on.settled();
  const expected = recount(
    past.map(({ access }) => access),
    ACCESS_RATE_RULES,
  ).map(({ index, rule, count }) => ({ eventId: past[index]!.event.id, rule, count }));
  expect((await on.postgres.told()).map(({ data: { eventId, rule, count } }) => ({ eventId, rule, count }))).toEqual(
    expected,
  );
  expect(on.heard.map(({ data }) => data)).toMatchObject(expected);
  const { items } = valueOf(await on.list({ limit: 1_000 }));
  expect(items.map(({ eventId, rule, count }) => ({ eventId, rule, count })).toReversed()).toEqual(expected);
}

function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

describe('a secret', () => {
  it('that is obtained a hundred times in a minute is none of the findings', async () => {
    publish(spread('tenant.acme.openai.hundred', 100));
    await on.settled();
    expect(await on.postgres.told()).toEqual([]);
    expect(valueOf(await on.list({}))).toEqual({ items: [], nextCursor: null });
  });

  it('that is obtained once more is one, in the journal, on the stream and in the list', async () => {
    const reference = 'tenant.acme.openai.more';
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const events = publish(spread(reference, 300), { requestid: 'burst-1', traceparent });
    await on.settled();
    const [told, ...more] = await on.postgres.told();
    expect(more).toEqual([]);
    const { findingId } = told!.data;
    const data = {
      findingId,
      rule: 'access_rate_minute',
      windowSeconds: 60,
      threshold: 100,
      count: 101,
      observedAt: new Date(clock + 1_000).toISOString(),
      eventId: events[100]!.id,
    };
    expect(told!.event).toMatchObject({
      source: '/keytrail/anomaly',
      type: 'keytrail.finding.AnomalyDetected.v1',
      subject: reference,
      workspace: 'acme',
      stream: `finding-${findingId}`,
      revision: 1,
      principal: on.principal,
      requestid: 'burst-1',
      traceparent,
      data,
    });
    expect(on.heard).toEqual([told!.event]);
    const { findingId: id, ...facts } = data;
    const finding = { id, reference, workspace: 'acme', ...facts, ongoing: false, detectedAt: told!.event.time };
    expect(valueOf(await on.list({ reference }))).toEqual({ items: [finding], nextCursor: null });
    expect(Finding.parse(valueOf(await on.get(id)))).toEqual(finding);
  });

  it('that is obtained ten thousand times in an hour and once more breaks the rule of the hour', async () => {
    const reference = 'tenant.acme.openai.hour';
    const from = (clock += HOUR);
    const steady = (i: number) => ({ reference, at: from + Math.floor(i * 359.9) });
    publish(Array.from({ length: 10_000 }, (_, i) => steady(i)));
    await on.settled();
    expect(valueOf(await on.list({ reference, rule: 'access_rate_hour' })).items).toEqual([]);
    publish([steady(10_000)]);
    await on.settled();
    const { items } = valueOf(await on.list({ reference, rule: 'access_rate_hour' }));
    expect(items).toMatchObject([{ threshold: 10_000, count: 10_001, windowSeconds: 3_600 }]);
  }, 60_000);
});

describe('the list of findings', () => {
  const references = ['a', 'b', 'c'].map((key) => `tenant.globex.stripe.${key}`);

  beforeAll(async () => {
    for (const reference of references) {
      publish(spread(reference, 101));
      await on.settled();
    }
  });

  it('is of the newest first, a page at a time', async () => {
    const first = valueOf(await on.list({ workspace: 'globex', limit: 2 }));
    const second = valueOf(await on.list({ workspace: 'globex', limit: 2, cursor: first.nextCursor }));
    expect([...first.items, ...second.items].map(({ reference }) => reference)).toEqual(references.toReversed());
    expect(second.nextCursor).toBeNull();
    expect(await on.list({ cursor: 'not-one' })).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
  });

  it('is of its own workspace, below the token of one', async () => {
    const own = valueOf(await on.list({}, 'globex'));
    expect(own.items.map(({ reference }) => reference)).toEqual(references.toReversed());
    const denied = { ok: false, error: { code: 'access.denied' } };
    expect(await on.list({ workspace: 'globex' }, 'acme')).toMatchObject(denied);
    const { id } = own.items[0]!;
    const notFound = { ok: false, error: { code: 'finding.not_found' } };
    expect(await on.get(id, 'acme')).toMatchObject(notFound);
    expect(await on.get(id, 'globex')).toMatchObject({ ok: true });
    expect(await on.get('019c13f1-31e0-7000-8000-000000000000')).toMatchObject(notFound);
    expect(await on.get('x')).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
  });
});

describe('an access that cannot be read', () => {
  it('is parked, and holds up nobody', async () => {
    const reference = 'tenant.acme.openai.broken';
    publish(spread(reference, 60));
    on.publish([accessEvent({ reference, at: clock }, { time: 'yesterday' })]);
    publish(spread(reference, 60, clock + 600));
    await on.settled();
    const { items } = valueOf(await on.ask<ParkedPage>('parked.list', {}));
    expect(items).toMatchObject([{ reader: 'anomaly', service: 'vault', error: { name: 'UnreadableAccess' } }]);
    expect(valueOf(await on.list({ reference })).items).toMatchObject([{ count: 101 }]);
  });
});

describe('a request', () => {
  /** In a session of the gateway's that is open, and that the detector has not met. */
  async function gateway() {
    const client = await on.connect();
    await client.request({
      service: 'vault',
      workspace: '_system',
      aggregate: 'session',
      verb: 'introspect',
      body: {},
    });
    return asking(client);
  }

  const refusals = async (): Promise<number> =>
    samplesOf(await on.metrics()).find(
      ({ name, labels }) => name === 'keytrail_rpc_request_seconds_count' && labels['code'] === 'auth.session_invalid',
    )?.value ?? 0;

  it('of a session that the vault does not know is refused, whereupon its client opens another', async () => {
    const ask = await gateway();
    const before = await refusals();
    on.vault.door.forget();
    await until(async () => (await ask('finding.list', {})).ok);
    expect(await refusals()).toBeGreaterThan(before);
  });

  it('without a session is refused', async () => {
    const ask = asking((await on.connect()).bare);
    expect(await ask('finding.list', {})).toMatchObject({ ok: false, error: { code: 'auth.session_invalid' } });
  });

  it('of a session that the vault cannot be asked about waits for nobody, and is served once it can', async () => {
    const ask = await gateway();
    await on.vault.stop();
    const reply = await ask('finding.list', {});
    await on.vault.start();
    expect(reply).toMatchObject({ ok: false, error: { code: 'service.unavailable', retryable: true } });
    await until(async () => (await ask('finding.list', {})).ok);
  });

  it('for which its session has no role is refused', async () => {
    const ask = await gateway();
    const denied = { ok: false, error: { code: 'access.denied' } };
    expect(await ask('finding.list', {}, { onBehalfOf: undefined })).toMatchObject(denied);
  });
});

describe('the service', () => {
  /** Waits, and says what is not ready where that is in vain. */
  const untilReady = async (): Promise<void> => {
    let told = await on.readiness();
    const isReady = async () => (told = await on.readiness()).status === 'ready';
    await until(isReady).catch(() => expect(told).toEqual({ status: 'ready' }));
  };

  it('goes on in the middle of a window and of an episode after a restart', async () => {
    const reference = 'tenant.acme.openai.restart';
    const accesses = spread(reference, 400);
    for (const part of [accesses.slice(0, 60), accesses.slice(60, 150), accesses.slice(150)]) {
      publish(part);
      await on.settled();
      await on.restart();
    }
    expect(valueOf(await on.list({ reference })).items).toMatchObject([{ count: 101 }]);
  });

  it('loses nothing and doubles nothing while its connections are cut off, and a second detector is at it', async () => {
    await on.second();
    const from = (clock += HOUR);
    for (let part = 0; part < 20; part++) {
      publish(
        Array.from({ length: 150 }, (_, i) => ({
          reference: `tenant.acme.openai.cut${i % 3}`,
          at: from + part * 45_000 + i * 10,
        })),
      );
      await on.postgres.cutOff();
    }
    await expectEachOnce();
  }, 60_000);

  it('refuses while its database is away, and goes on once it is back', async () => {
    await untilReady();
    await on.postgres.stop();
    const refusal = { ok: false, error: { code: 'journal.unavailable', retryable: true } };
    expect(await on.list({})).toMatchObject(refusal);
    expect(await on.get('019c13f1-31e0-7000-8000-000000000000')).toMatchObject(refusal);
    expect(await on.readiness()).toMatchObject({ failing: expect.arrayContaining(['journal']) });
    await on.postgres.start();
    publish(spread('tenant.acme.openai.back', 101));
    await expectEachOnce();
    await untilReady();
  }, 60_000);
});

describe('a finding', () => {
  it('is ongoing while its episode lasts', async () => {
    const reference = 'tenant.acme.openai.now';
    publish(spread(reference, 101, Date.now() - 2_000));
    await on.settled();
    expect(valueOf(await on.list({ reference })).items).toMatchObject([{ ongoing: true }]);
  });
});
