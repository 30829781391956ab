/** What another policy would change, line by line: each page's changes as they come, and at the end their sum. */
import { WhatIfChange, WhatIfPage } from '@keytrail/contracts';
import { z } from 'zod';
import { Problem } from '../http/problem.js';

export const WhatIfSummary = z.strictObject({
  examined: z.int().nonnegative(),
  /** How many lines of changes stand above. */
  changes: z.int().nonnegative(),
  /** Accesses, not changes: one line may tell of many. */
  newlyDenied: z.int().nonnegative(),
  newlyAllowed: z.int().nonnegative(),
  upTo: WhatIfPage.shape.upTo,
  truncated: z.boolean(),
});
export type WhatIfSummary = z.infer<typeof WhatIfSummary>;

export const WhatIfLine = z.union([
  z.strictObject({ change: WhatIfChange }),
  z.strictObject({ summary: WhatIfSummary }),
  z.strictObject({ problem: Problem }),
]);
export type WhatIfLine = z.infer<typeof WhatIfLine>;

/** So many pages are asked for; whoever wants to look further back asks about fewer days at a time. */
export const MAX_PAGES = 100;

/** The lines of each page; `next` is asked for one only once the lines before it have been taken. */
export async function* whatIfLines(
  first: WhatIfPage,
  next: (cursor: string) => Promise<WhatIfPage>,
): AsyncGenerator<readonly WhatIfLine[]> {
  // What came after the first page was asked for is on none of them.
  let summary = emptySummary(first.upTo);
  let page = first;
  for (let pages = 1; ; pages++) {
    summary = summed(summary, page);
    yield page.changes.map((change) => ({ change }));
    if (page.nextCursor === null || pages === MAX_PAGES) break;
    page = await next(page.nextCursor);
  }
  yield [{ summary: { ...summary, truncated: page.nextCursor !== null } }];
}

function emptySummary(upTo: WhatIfSummary['upTo']): WhatIfSummary {
  return { examined: 0, changes: 0, newlyDenied: 0, newlyAllowed: 0, upTo, truncated: false };
}

function summed(before: WhatIfSummary, { examined, changes }: WhatIfPage): WhatIfSummary {
  return {
    ...before,
    examined: before.examined + examined,
    changes: before.changes + changes.length,
    newlyDenied: before.newlyDenied + accessesThat(changes, 'denied'),
    newlyAllowed: before.newlyAllowed + accessesThat(changes, 'allowed'),
  };
}

/** How many accesses would become so that are not so now. */
const accessesThat = (changes: readonly WhatIfChange[], become: WhatIfChange['proposed']): number =>
  changes
    .filter(({ current, proposed }) => proposed === become && current !== become)
    .reduce((sum, { accesses }) => sum + accesses, 0);
