/** What every list has in common: it is asked for, and answered, page by page. */
import { z } from 'zod';
import { LIMITS } from './limits.js';

/** How many items a page has at most. */
export const PageLimit = z.int().min(1).max(LIMITS.pageMaxItems).default(LIMITS.pageDefaultItems);

/** Where a list goes on, as an earlier page said; only who made it can read it. */
export const PageCursor = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, 'is not a cursor of an earlier page');

/** One page; `nextCursor` is null on the last. */
export const pageOf = <S extends z.ZodType>(item: S) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
