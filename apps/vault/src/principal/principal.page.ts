/** Pages of principals: where one ends, and how the next one finds on. */
import { Principal, type PrincipalDescription, type PrincipalPage, Timestamp } from '@keytrail/contracts';
import { z } from 'zod';

const Place = z.tuple([Timestamp, Principal]);

/** The first `limit` of those found, which are one more where there are further ones. */
export function pageOf(found: readonly PrincipalDescription[], limit: number): PrincipalPage {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && found.length > limit ? cursorOf(last) : null };
}

/** Opaque to the caller: base64url of the place of a page's last item. */
function cursorOf({ createdAt, principal }: PrincipalDescription): string {
  return Buffer.from(JSON.stringify([createdAt, principal])).toString('base64url');
}

/** The place in a cursor, or null where it is not one of {@link pageOf}'s. */
export function placeIn(cursor: string): readonly [moment: string, principal: string] | null {
  try {
    return Place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return null;
  }
}
