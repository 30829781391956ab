/** Replays on a real PostgreSQL: what was parked takes effect once, in order, whoever else is at work. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { unlessUnavailable } from './journal.fixture.js';
import type { Replay } from './parked-replay.js';
import { type Projection, projection } from './projection.js';
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
const ordered = (name: string) => projection({ ...effecting(name, on.database), orderOf: keyIn });

/** Whom a busy machine keeps from an answer in time asks again, as an operator would. */
async function replayUntilAnswered(folded: Projection, ordinal: number): Promise<Replay> {
  for (;;) {
    const outcome = await unlessUnavailable(folded.replay(ordinal, NEVER_MS));
    if (outcome !== null) return outcome;
  }
}

describe('a replay', () => {
  it('takes effect once, however many race for it', async () => {
    const name = freshName();
    const racers = await Promise.all([on.replica(), on.replica()]);
    const [one, other] = racers.map((database) => projection(effecting(name, database))) as [
      ReturnType<typeof projection>,
      ReturnType<typeof projection>,
    ];
    const ordinals = range(1, 30);
    for (const ordinal of ordinals) await on.poison(ordinal);
    await one.handle(ordinals.map((ordinal) => eventAt(ordinal)));
    expect(await on.effects(name)).toEqual([]);
    await on.cure();
    for (const ordinal of ordinals) {
      const outcomes = await Promise.all([one.replay(ordinal, NEVER_MS), other.replay(ordinal, NEVER_MS)]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['not_found', 'replayed']);
    }
    expect(await on.effects(name)).toEqual(ordinals);
    expect(await one.lastOrdinal()).toBe(30);
  });

  it('of a whole queue takes effect once and in order, however many race for it', async () => {
    const name = freshName();
    const racers = await Promise.all([on.replica(), on.replica()]);
    const replaying = racers.map((database) => projection({ ...effecting(name, database), orderOf: keyIn }));
    await on.poison(1);
    await replaying[0]!.handle(range(1, 60).map((ordinal) => eventAt(ordinal, 'a')));
    await on.cure();
    await Promise.all(replaying.map((each, i) => replayUntilAnswered(each, i + 1)));
    expect(await on.effects(name)).toEqual(range(1, 60));
  });

  it('that fails again leaves the event with its new error', async () => {
    const folded = projection(effecting(freshName(), on.database));
    await on.poison(1);
    await folded.handle([eventAt(1)]);
    await on.cure();
    await on.poison(1, '22003');
    expect(await folded.replay(1, NEVER_MS)).toEqual({ status: 'failed', replayed: 0, ordinal: 1 });
    expect(await folded.parked(0, 10)).toMatchObject([{ attempts: 4, error: { code: '22003' } }]);
  });

  it('that the world is in the way of is refused, and the event stays as it is', async () => {
    const folded = projection(effecting(freshName(), on.database));
    await on.poison(1);
    await folded.handle([eventAt(1)]);
    await on.cure();
    await on.poison(1, '53100');
    await expect(folded.replay(1, NEVER_MS)).rejects.toMatchObject({ code: 'journal.unavailable' });
    expect(await folded.parked(0, 10)).toMatchObject([{ attempts: 3, error: { code: 'P0001' } }]);
  });

  it('of an event that is not parked, or of another projection, finds nothing', async () => {
    const folded = projection(effecting(freshName(), on.database));
    await on.poison(1);
    await folded.handle([eventAt(1), eventAt(2)]);
    const other = projection(effecting(freshName(), on.database));
    expect(await folded.replay(2, NEVER_MS)).toEqual({ status: 'not_found' });
    expect(await other.replay(1, NEVER_MS)).toEqual({ status: 'not_found' });
  });
});

describe('a rebuild from zero', () => {
  it('takes in anew what was parked, once', async () => {
    const name = freshName();
    const folded = projection(effecting(name, on.database));
    await on.poison(2);
    await folded.handle([eventAt(1), eventAt(2)]);
    await on.cure();
    await sql`delete from effect where projection = ${name}`.execute(on.root);
    await sql`delete from projection_checkpoint where projection = ${name}`.execute(on.root);
    expect(await folded.replay(2, NEVER_MS)).toEqual({ status: 'not_found' });
    await folded.handle([eventAt(1), eventAt(2)]);
    expect([await on.effects(name), await folded.parked(0, 10)]).toEqual([[1, 2], []]);
  });
});

describe('a queue', () => {
  it('keeps its order while it is replayed, however fast later ones come', async () => {
    const name = freshName();
    const folded = ordered(name);
    const replaying = projection({ ...effecting(name, await on.replica()), orderOf: keyIn });
    await on.poison(1);
    await folded.handle(range(1, 40).map((ordinal) => eventAt(ordinal, 'a')));
    await on.cure();
    const consuming = (async () => {
      for (const ordinal of range(41, 240)) await folded.handle([eventAt(ordinal, 'a')]);
    })();
    const rest = async () => (await replaying.parked(0, 1))[0];
    for (let first = await rest(); first !== undefined; first = await rest())
      await replayUntilAnswered(replaying, first.ordinal);
    await consuming;
    await Promise.all((await folded.parked(0, 1)).map(({ ordinal }) => replayUntilAnswered(replaying, ordinal)));
    expect(await on.effects(name)).toEqual(range(1, 240));
    expect(await folded.parked(0, 10)).toEqual([]);
  });

  it('is not left with one that was parked behind while its queue was emptied', async () => {
    const name = freshName();
    const options = effecting(name, on.database);
    const [applying, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = projection({
      ...options,
      orderOf: keyIn,
      apply: async (tx, fresh) => {
        applying.resolve();
        await gate.promise;
        await options.apply(tx, fresh);
      },
    });
    const replaying = projection({ ...effecting(name, await on.replica()), orderOf: keyIn });
    await on.poison(1);
    await ordered(name).handle([eventAt(1, 'a')]);
    await on.cure();
    const consumed = slow.handle([eventAt(2, 'a'), eventAt(3)]);
    await applying.promise;
    const replayed = replaying.replay(1, NEVER_MS);
    await Promise.race([replayed, on.somebodyWaits()]);
    gate.resolve();
    await consumed;
    expect(await replayed).toEqual({ status: 'replayed', replayed: 2, remaining: 0 });
    expect(await on.effects(name)).toEqual([3, 1, 2]);
  });
});
