/** What every journal promises of many streams that are loaded together. */
import { expect, it } from '@jest/globals';
import type { Journal } from './journal.js';
import { TOGETHER_EVENTS } from './journal.js';
import { commitOf, freshStream } from './notes.contract.js';

const notes = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `note ${i}`);

/** A part of the journal's contract: `open` answers the journal, and is asked once a test. */
export function loadingContract<Tx>(open: () => Promise<Journal<Tx>> | Journal<Tx>): void {
  const written = async (journal: Journal<Tx>, count: number): Promise<string> => {
    const stream = freshStream();
    if (count > 0) await journal.append(commitOf(stream, [0, ...notes(count)]));
    return stream;
  };

  it('loads many streams together as it loads each of them', async () => {
    const journal = await open();
    const streams = [];
    for (const count of [3, 0, 1, TOGETHER_EVENTS]) streams.push(await written(journal, count));
    const together = await journal.loadTogether(streams.map((stream) => ({ stream, revision: 0 })));
    expect([...together.keys()].toSorted()).toEqual(streams.toSorted());
    for (const stream of streams) expect(together.get(stream)).toEqual(await journal.load(stream));
  });

  it('loads of each what stands behind a revision of its own', async () => {
    const journal = await open();
    const behind = [];
    for (const revision of [0, 2, 3, 4]) behind.push({ stream: await written(journal, 3), revision });
    const together = await journal.loadTogether(behind);
    for (const { stream, revision } of behind)
      expect(together.get(stream)).toEqual(await journal.load(stream, revision));
    expect([...together.values()].map(({ length }) => length)).toEqual([3, 1, 0, 0]);
  });

  it('leaves out of many the long ones, counted from the revision that each is known at', async () => {
    const journal = await open();
    const [long, nearlyKnown, short] = [
      await written(journal, TOGETHER_EVENTS + 1),
      await written(journal, TOGETHER_EVENTS + 1),
      await written(journal, 1),
    ];
    const together = await journal.loadTogether([
      { stream: long, revision: 0 },
      { stream: nearlyKnown, revision: 1 },
      { stream: short, revision: 0 },
    ]);
    expect([...together.keys()].toSorted()).toEqual([nearlyKnown, short].toSorted());
    expect(together.get(nearlyKnown)).toHaveLength(TOGETHER_EVENTS);
  });

  it('loads nothing where nothing is asked for', async () => {
    const journal = await open();
    expect(await journal.loadTogether([])).toEqual(new Map());
  });
}
