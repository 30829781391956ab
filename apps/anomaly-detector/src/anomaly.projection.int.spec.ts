/** The projection on a real PostgreSQL: whatever breaks off, whoever else is at it, each finding is made once. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Principal } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import type { Database, Projection } from '@keytrail/postgres';
import { OrdinalGap } from '@keytrail/postgres';
import { createLog } from '@keytrail/service';
import fc from 'fast-check';
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely';
import { sql } from 'kysely';
import type { VaultEvent } from './access.fixture.js';
import { accessEvent, arrived } from './access.fixture.js';
import { anomalyProjection } from './anomaly.projection.js';
import type { DetectorDatabase } from './database.fixture.js';
import { detectorDatabase } from './database.fixture.js';
import { histories, SMALL_RULES } from './history.fixture.js';
import type { LoggedAccess } from './recount.fixture.js';
import { recount } from './recount.fixture.js';

const principal = Principal.parse(mintPrincipal());
const log = createLog('anomaly-detector', { write: () => undefined });

/** As the driver tells that the server has ended the session. */
class SessionEnded extends Error {
  readonly code = '57P01';
}

/** Breaks one statement off: before it is sent, or after it was answered. */
class Breaker implements KyselyPlugin {
  private left = Infinity;
  private side: 'before' | 'after' = 'before';

  arm(statement: number, side: 'before' | 'after'): void {
    [this.left, this.side] = [statement, side];
  }

  disarm(): void {
    this.left = Infinity;
  }

  get hasBroken(): boolean {
    return this.left < 0;
  }

  transformQuery({ node }: PluginTransformQueryArgs) {
    this.breakOff('before');
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    this.breakOff('after');
    return result;
  }

  private breakOff(side: 'before' | 'after'): void {
    if (side === this.side && this.left-- === 0) throw new SessionEnded('broken off');
  }
}

let on: DetectorDatabase;

beforeAll(async () => {
  on = await detectorDatabase();
}, 60_000);

afterAll(() => on?.end(), 30_000);

/** One log for all specs, as a service has it; each goes on at a later time. */
const past: { readonly accesses: LoggedAccess[]; readonly events: VaultEvent[] } = { accesses: [], events: [] };

function historyOf(seed: number, length: number): void {
  const [history = []] = fc.sample(histories({ minLength: length, maxLength: length }), { numRuns: 1, seed });
  const later = Math.max(0, ...past.accesses.map(({ at }) => at)) - Date.UTC(2026, 0, 1) + 1_000;
  const accesses = history.map(({ reference, at }) => ({ reference, at: at + Math.max(0, later) }));
  past.accesses.push(...accesses);
  past.events.push(...accesses.map((access) => accessEvent(access)));
}

const detector = (database: Database = on.database, capacity?: number): Projection =>
  anomalyProjection({
    database,
    reading: database,
    principal,
    log,
    rules: SMALL_RULES,
    ...(capacity !== undefined && { capacity }),
  });

const batchAfter = (last: number, length: number) => arrived(past.events.slice(last, last + length), last + 1);

async function expectEachOnce(): Promise<void> {
  const expected = recount(past.accesses, SMALL_RULES).map(({ index, reference, rule, count }) => ({
    eventId: past.events[index]?.id,
    reference,
    rule,
    count,
  }));
  const told = await on.told();
  const journal = told.map(({ event: { subject: reference }, data: { eventId, rule, count } }) => ({
    eventId,
    reference,
    rule,
    count,
  }));
  const { rows: table } =
    await sql`select event_id as "eventId", reference, rule, count from finding order by id`.execute(on.database);
  expect(journal).toEqual(expected);
  expect(table).toEqual(expected);
}

const LENGTHS = [1, 7, 3, 12, 2, 5];

const failureOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/** Brings the detector to the end of the log, each batch broken off at each of its statements, and delivered twice. */
async function goOnThroughBreaks(next: (database: Database, before: Projection | null) => Projection): Promise<number> {
  const breaker = new Breaker();
  const database = on.database.withPlugin(breaker);
  let [running, breaks] = [next(database, null), 0];
  for (let turn = 0; ; turn++) {
    const last = await running.lastOrdinal();
    const batch = batchAfter(last, LENGTHS[turn % LENGTHS.length]!);
    if (batch.length === 0) return breaks;
    for (let statement = 0; ; statement++) {
      breaker.arm(statement, turn % 2 === 0 ? 'before' : 'after');
      const failure = await failureOf(running.handle(batch));
      const hasBroken = breaker.hasBroken;
      breaker.disarm();
      expect(failure instanceof SessionEnded).toBe(hasBroken);
      if (!hasBroken) break;
      breaks++;
      running = next(database, running);
    }
    running = next(database, running);
    await running.handle(batch);
  }
}

describe('a detector that is broken off at any statement', () => {
  it.each<[string, number, (database: Database, before: Projection | null) => Projection]>([
    ['goes on as it is', 11, (database, before) => before ?? detector(database)],
    ['starts anew', 12, (database) => detector(database)],
    ['remembers next to nothing', 13, (database, before) => before ?? detector(database, 60)],
  ])(
    'and %s makes each finding once',
    async (_, seed, next) => {
      historyOf(seed, 90);
      expect(await goOnThroughBreaks(next)).toBeGreaterThan(100);
      await expectEachOnce();
    },
    60_000,
  );
});

describe('two detectors at once', () => {
  const toTheEnd = async (running: Projection, lengths: readonly number[]): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const batch = batchAfter(await running.lastOrdinal(), lengths[turn % lengths.length]!);
      if (batch.length === 0) return;
      await running.handle(batch).catch((error: unknown) => {
        if (!(error instanceof OrdinalGap)) throw error;
      });
    }
  };

  it('make each finding once between them', async () => {
    historyOf(21, 400);
    await Promise.all([toTheEnd(detector(), [3, 5, 2]), toTheEnd(detector(), [4, 1, 6])]);
    await expectEachOnce();
  }, 60_000);
});

describe('what is kept', () => {
  it('goes as time goes on, of secrets that nobody obtains any more, too', async () => {
    historyOf(31, 60);
    const end = Math.max(...past.accesses.map(({ at }) => at));
    const last = { reference: 'tenant.acme.openai.last', at: end + 25_001 };
    past.accesses.push(last);
    past.events.push(accessEvent(last));
    const running = detector();
    for (let batch; (batch = batchAfter(await running.lastOrdinal(), 20)).length > 0;) await running.handle(batch);
    const { rows } = await sql`select reference, at::text, count from window_stamp`.execute(on.database);
    expect(rows).toEqual([{ reference: last.reference, at: String(last.at), count: 1 }]);
    await expectEachOnce();
  });

  it('is not more than the highest threshold needs while all rules are broken', async () => {
    const start = Math.max(...past.accesses.map(({ at }) => at)) + 100_000;
    const burst = Array.from({ length: 300 }, (_, i) => ({ reference: 'tenant.acme.openai.burst', at: start + i }));
    past.accesses.push(...burst);
    past.events.push(...burst.map((access) => accessEvent(access)));
    const running = detector();
    for (let batch; (batch = batchAfter(await running.lastOrdinal(), 20)).length > 0;) await running.handle(batch);
    const { rows } = await sql`select count(*)::int as stamps from window_stamp`.execute(on.database);
    expect(rows).toEqual([{ stamps: 7 }]);
    await expectEachOnce();
  });
});
