/** What becomes of pages of changes. */
import { WhatIfPage } from '@keytrail/contracts';
import { describe, expect, it } from '@jest/globals';
import { whatIfChange, whatIfSummary } from './access.story.js';
import { MAX_PAGES, whatIfLines, WhatIfLine } from './what-if.lines.js';

const { upTo } = whatIfSummary;
const changed = (current: string, proposed: string, accesses: number) => ({
  ...whatIfChange,
  current,
  proposed,
  accesses,
});
const denied = changed('allowed', 'denied', 31);
const allowed = changed('denied', 'allowed', 2);
const otherwise = changed('allowed', 'allowed', 5);

const page = (changes: readonly object[], nextCursor: string | null, more: object = {}): WhatIfPage =>
  WhatIfPage.parse({ changes, examined: 100, upTo, nextCursor, ...more });

async function linesOf(first: WhatIfPage, next: (cursor: string) => Promise<WhatIfPage>) {
  const batches: (readonly WhatIfLine[])[] = [];
  for await (const batch of whatIfLines(first, next)) batches.push(batch);
  return batches;
}

const never = () => Promise.reject(new Error('there is no such page'));

describe('one page', () => {
  it('is told line by line, and summed up', async () => {
    const batches = await linesOf(page([denied, allowed, denied], null), never);
    expect(batches).toEqual([
      [{ change: denied }, { change: allowed }, { change: denied }],
      [{ summary: { examined: 100, changes: 3, newlyDenied: 62, newlyAllowed: 2, upTo, truncated: false } }],
    ]);
    for (const line of batches.flat()) expect(WhatIfLine.parse(line)).toEqual(line);
  });

  it('without a change is the summary', async () => {
    const summary = { examined: 100, changes: 0, newlyDenied: 0, newlyAllowed: 0, upTo, truncated: false };
    expect((await linesOf(page([], null), never)).flat()).toEqual([{ summary }]);
  });

  it('counts as new what is new: other statements may decide the same', async () => {
    const [line] = (await linesOf(page([otherwise], null), never)).flat().slice(-1);
    expect(line).toMatchObject({ summary: { changes: 1, newlyDenied: 0, newlyAllowed: 0 } });
  });
});

describe('several pages', () => {
  it('are asked for by the cursor of the one before, and summed up as of the first', async () => {
    const asked: string[] = [];
    const pages = [
      page([], 'second', { upTo: { ordinal: 999, time: null } }),
      page([allowed], null, { upTo: { ordinal: 1_000, time: null } }),
    ];
    const batches = await linesOf(page([denied], 'first'), async (cursor) => {
      asked.push(cursor);
      return pages.shift()!;
    });
    expect(asked).toEqual(['first', 'second']);
    expect(batches.flat()).toEqual([
      { change: denied },
      { change: allowed },
      { summary: { examined: 300, changes: 2, newlyDenied: 31, newlyAllowed: 2, upTo, truncated: false } },
    ]);
  });

  it('are not asked for before the lines of those before have been taken', async () => {
    let asked = 0;
    const lines = whatIfLines(page([denied], 'first'), async () => (asked++, page([denied], 'more')));
    await lines.next();
    expect(asked).toBe(0);
    await lines.next();
    expect(asked).toBe(1);
    await lines.return(undefined);
    expect(asked).toBe(1);
  });

  it(`are ${MAX_PAGES} at most, and the summary says that there were more`, async () => {
    let asked = 1;
    const batches = await linesOf(page([denied], 'more'), async () =>
      asked++ < 200 ? page([denied], 'more') : never(),
    );
    expect(asked).toBe(100);
    expect(batches.at(-1)).toEqual([
      {
        summary: { examined: 10_000, changes: 100, newlyDenied: 3_100, newlyAllowed: 0, upTo, truncated: true },
      },
    ]);
  });

  it(`that are exactly ${MAX_PAGES} are all`, async () => {
    let asked = 1;
    const batches = await linesOf(page([], 'more'), async () => page([], ++asked === 100 ? null : 'more'));
    expect(batches.at(-1)).toMatchObject([{ summary: { examined: 10_000, truncated: false } }]);
  });
});
