/**
 * Folding and parking on a real PostgreSQL: nothing holds up what is behind it, nothing is lost, nothing comes twice.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { databaseOf, openDatabase } from './database.js';
import type { Parking } from './parked.js';
import { projection } from './projection.js';
import { effecting, eventAt, keyIn, openProjectionFixture, type ProjectionFixture } from './projection.fixture.js';

let on: ProjectionFixture;
beforeAll(async () => {
  on = await openProjectionFixture();
}, 60_000);
afterAll(() => on?.close());
afterEach(() => on.cure());

let names = 0;
const freshName = () => `reader-${++names}`;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const NEVER_MS = Number.MAX_SAFE_INTEGER;

describe('an event that fails again and again', () => {
  it('is parked after three attempts by itself, and the others take effect', async () => {
    const name = freshName();
    const told: Parking[] = [];
    const attempts: (readonly number[])[] = [];
    const options = effecting(name, on.database);
    const folded = projection({
      ...options,
      apply: async (tx, events) => {
        attempts.push(events.map(({ ordinal }) => ordinal));
        await options.apply(tx, events);
      },
      onParked: (parking) => void told.push(parking),
    });
    await on.poison(2);
    const poisoned = { ...eventAt(2), salt: Buffer.from([1, 0]), detail: Buffer.from('{"ip":"203.0.113.7"}') };
    await folded.handle([eventAt(1), poisoned, eventAt(3)]);

    expect(attempts).toEqual([[1, 2, 3], [1], [2], [2], [2], [3]]);
    expect(await on.effects(name)).toEqual([1, 3]);
    expect(await folded.lastOrdinal()).toBe(3);
    expect(await folded.parked(0, 10)).toEqual([
      {
        ...poisoned,
        orderKey: null,
        error: { name: 'error', message: 'poison in 2', code: 'P0001' },
        attempts: 3,
        parkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ]);
    expect(told).toMatchObject([{ event: { ordinal: 2 }, error: { code: 'P0001' }, attempts: 3 }]);
  });

  it('is parked where it comes alone, too, and does not come twice', async () => {
    const name = freshName();
    const folded = projection(effecting(name, on.database));
    await on.poison(1);
    await folded.handle([eventAt(1)]);
    await folded.handle([eventAt(1), eventAt(2)]);
    expect([await on.effects(name), await folded.lastOrdinal()]).toEqual([[2], 2]);
    expect(await folded.parked(0, 10)).toMatchObject([{ ordinal: 1, attempts: 3 }]);
  });

  it.each([
    ['a bug', new TypeError('reading connection of undefined'), { name: 'TypeError', code: null }],
    ['what is no error', 'a text', { name: 'string', message: 'something that is no error was thrown', code: null }],
    [
      'words that PostgreSQL does not take',
      Object.assign(new Error(`\0\ud800${'x'.repeat(9_000)}`), { code: '\0' }),
      { name: 'Error', message: `\ufffd\ufffd${'x'.repeat(498)}`, code: '\ufffd' },
    ],
  ])('is parked for %s', async (_, thrown, error) => {
    const folded = projection({ ...effecting(freshName(), on.database), apply: () => Promise.reject(thrown as Error) });
    await folded.handle([{ ...eventAt(1), subject: 'evt.\0' }]);
    expect(await folded.parked(0, 10)).toMatchObject([{ ordinal: 1, subject: 'evt.\ufffd', error }]);
  });

  it('is listed page by page', async () => {
    const folded = projection({ ...effecting(freshName(), on.database), apply: () => Promise.reject(new Error('no')) });
    await folded.handle(range(1, 5).map((ordinal) => eventAt(ordinal)));
    const page = async (after: number) => (await folded.parked(after, 2)).map(({ ordinal }) => ordinal);
    expect([await page(0), await page(2), await page(4), await page(5)]).toEqual([[1, 2], [3, 4], [5], []]);
    expect(await folded.parkedCount()).toBe(5);
  });
});

describe('a failure that no event is to blame for', () => {
  it.each([
    ['a full disk', '53100'],
    ['a deadlock', '40P01'],
    ['a lock that is not had in time', '55P03'],
    ['a connection that fails', '08006'],
    ['settings that are not safe', 'KT001'],
  ])('is thrown, and nothing is parked: %s', async (_, state) => {
    const name = freshName();
    const folded = projection(effecting(name, on.database));
    await on.poison(2, state);
    await expect(folded.handle([eventAt(1), eventAt(2)])).rejects.toMatchObject({ code: state });
    expect([await folded.lastOrdinal(), await folded.parked(0, 10)]).toEqual([0, []]);
    await on.cure();
    await folded.handle([eventAt(1), eventAt(2)]);
    expect([await on.effects(name), await folded.parked(0, 10)]).toEqual([[1, 2], []]);
  });

  it.each([
    ['a session that is ended', 'select pg_terminate_backend(pg_backend_pid())', '57P01'],
    ['a statement that takes too long', 'select pg_sleep(2)', '57014'],
    ['a database that cannot be written', 'set local transaction_read_only = on', '25006'],
    ['a table that is not there', 'select from nowhere', '42P01'],
  ])('is thrown from a real one, too: %s', async (_, statement, code) => {
    const name = freshName();
    const { apply, ...options } = effecting(name, on.database);
    const withFault = projection({
      ...options,
      apply: async (tx, events) => {
        await sql.raw(statement).execute(tx);
        await apply(tx, events);
      },
    });
    await expect(withFault.handle([eventAt(1)])).rejects.toMatchObject({ code });
    expect([await withFault.lastOrdinal(), await withFault.parked(0, 10)]).toEqual([0, []]);
  });

  it('is not for ever where a batch takes too long and fewer events do not', async () => {
    const name = freshName();
    const attempts: (readonly number[])[] = [];
    const { apply, ...options } = effecting(name, on.database);
    const slow = projection({
      ...options,
      apply: async (tx, events) => {
        attempts.push(events.map(({ ordinal }) => ordinal));
        await sql`select pg_sleep(${0.5 * events.length})`.execute(tx);
        await apply(tx, events);
      },
    });
    await slow.handle([eventAt(1), eventAt(2)]);
    expect(attempts).toEqual([[1, 2], [1], [2]]);
    expect([await on.effects(name), await slow.parked(0, 10)]).toEqual([[1, 2], []]);
  });

  it('is thrown where the pool has been closed', async () => {
    const pool = await openDatabase({ url: on.serviceUrl });
    const folded = projection(effecting(freshName(), databaseOf(pool)));
    await folded.handle([eventAt(1)]);
    await pool.close();
    await expect(folded.handle([eventAt(2)])).rejects.toThrow();
  });

  it('is a gap', async () => {
    const folded = projection(effecting(freshName(), on.database));
    await expect(folded.handle([eventAt(1), eventAt(3)])).rejects.toMatchObject({ code: 'projection.gap' });
    expect([await folded.lastOrdinal(), await folded.parked(0, 10)]).toEqual([0, []]);
  });
});

describe('an order key', () => {
  const ordered = (name: string) => projection({ ...effecting(name, on.database), orderOf: keyIn });
  const parkedIn = async (folded: ReturnType<typeof ordered>) =>
    (await folded.parked(0, 1_000)).map(({ ordinal, attempts, error }) => [ordinal, attempts, error.message]);
  const events = [eventAt(1, 'a'), eventAt(2, 'b'), eventAt(3, 'a'), eventAt(4), eventAt(5, 'a'), eventAt(6, 'b')];

  it('keeps those of one key behind the first that is parked, and no others', async () => {
    const name = freshName();
    const folded = ordered(name);
    await on.poison(1);
    await folded.handle(events.slice(0, 4));
    await on.cure();
    await folded.handle(events.slice(4));
    expect(await on.effects(name)).toEqual([2, 4, 6]);
    expect(await parkedIn(folded)).toEqual([
      [1, 3, 'poison in 1'],
      [3, 0, 'behind ordinal 1'],
      [5, 0, 'behind ordinal 1'],
    ]);
  });

  it('is replayed as a whole and in order, whichever of its events is named', async () => {
    const name = freshName();
    const folded = ordered(name);
    await on.poison(1);
    await folded.handle(events);
    await on.cure();
    expect(await folded.replay(5, NEVER_MS)).toEqual({ status: 'replayed', replayed: 3, remaining: 0 });
    expect([await on.effects(name), await folded.parked(0, 10)]).toEqual([[2, 4, 6, 1, 3, 5], []]);
    await folded.handle([eventAt(7, 'a')]);
    expect(await on.effects(name)).toEqual([2, 4, 6, 1, 3, 5, 7]);
  });

  it('is replayed up to the first that fails, which is then the one to wait for', async () => {
    const name = freshName();
    const folded = ordered(name);
    await on.poison(1);
    await folded.handle(events);
    await on.cure();
    await on.poison(3, '23514');
    expect(await folded.replay(1, NEVER_MS)).toEqual({ status: 'failed', replayed: 1, ordinal: 3 });
    await folded.handle([eventAt(7, 'a')]);
    expect(await on.effects(name)).toEqual([2, 4, 6, 1]);
    expect(await parkedIn(folded)).toEqual([
      [3, 1, 'poison in 3'],
      [5, 0, 'behind ordinal 1'],
      [7, 0, 'behind ordinal 3'],
    ]);
    expect(await folded.replay(7, NEVER_MS)).toEqual({ status: 'failed', replayed: 0, ordinal: 3 });
    expect((await parkedIn(folded))[0]).toEqual([3, 2, 'poison in 3']);
  });

  it('is left at the deadline, and taken up again', async () => {
    const name = freshName();
    const folded = ordered(name);
    await on.poison(1);
    await folded.handle(events);
    await on.cure();
    expect(await folded.replay(1, 0)).toEqual({ status: 'replayed', replayed: 1, remaining: 2 });
    expect(await folded.replay(1, 0)).toEqual({ status: 'not_found' });
    expect(await folded.replay(3, NEVER_MS)).toEqual({ status: 'replayed', replayed: 2, remaining: 0 });
  });

  it('may be of any length, and may be a bug', async () => {
    const options = effecting(freshName(), on.database);
    const long = projection({ ...options, orderOf: () => '\0\u{1f511}'.repeat(9_000) });
    await on.poison(1);
    await long.handle([eventAt(1), eventAt(2)]);
    expect(await long.parked(0, 10)).toMatchObject([{ ordinal: 1 }, { ordinal: 2, error: { name: 'ParkedBehind' } }]);
    const orderOf = () => {
      throw new TypeError('of undefined');
    };
    const buggy = projection({ ...effecting(freshName(), on.database), orderOf });
    await buggy.handle([eventAt(1), eventAt(2)]);
    expect(await buggy.parked(0, 10)).toMatchObject([{ ordinal: 1, orderKey: null }]);
  });
});
