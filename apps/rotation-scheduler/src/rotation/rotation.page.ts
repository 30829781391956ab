/** Pages: where one ends, and how the next one finds on. */
import { Reference, RotationId, Timestamp } from '@keytrail/contracts';
import { z } from 'zod';

/** What the items of a list are sorted by, as a cursor holds it. */
export const PLACES = {
  policies: z.tuple([Reference]),
  due: z.tuple([Timestamp, Reference]),
  runs: z.tuple([Timestamp, RotationId]),
} as const;

/** Opaque to the caller: base64url of the place of a page's last item. */
export function cursorOf(place: readonly string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place in a cursor, or null where it is not one that {@link cursorOf} makes for such a list. */
export function placeIn<P extends readonly string[]>(cursor: string, list: z.ZodType<P>): P | null {
  try {
    const place = list.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return cursorOf(place) === cursor ? place : null;
  } catch {
    return null;
  }
}

/** The first `limit` of the items found, which are one more where there are further ones. */
export function pageOf<T>(found: readonly T[], limit: number, placeOf: (item: T) => readonly string[]) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && found.length > limit ? cursorOf(placeOf(last)) : null };
}
