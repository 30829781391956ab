/** Pages of principals and of grants: where one ends, and how the next one finds on. */
import {
  type GrantDescription,
  GrantId,
  type GrantPage,
  Principal,
  type PrincipalDescription,
  type PrincipalPage,
  Timestamp,
} from '@keytrail/contracts';
import { z } from 'zod';

const PrincipalPlace = z.tuple([Timestamp, Principal]);
const GrantPlace = z.tuple([Timestamp, GrantId]);

/** The first `limit` of those found, which are one more where there are further ones. */
export const pageOf = (found: readonly PrincipalDescription[], limit: number): PrincipalPage =>
  cutOff(found, limit, ({ createdAt, principal }) => [createdAt, principal]);

export const grantPageOf = (found: readonly GrantDescription[], limit: number): GrantPage =>
  cutOff(found, limit, ({ givenAt, grantId }) => [givenAt, grantId]);

/** The place in a cursor, or null where it is not one of {@link pageOf}'s. */
export const placeIn = (cursor: string): readonly string[] | null => placeOf(cursor, PrincipalPlace);

/** The same of {@link grantPageOf}'s. */
export const grantPlaceIn = (cursor: string): readonly string[] | null => placeOf(cursor, GrantPlace);

/** A cursor is opaque to the caller: base64url of the place of a page's last item. */
function cutOff<T>(found: readonly T[], limit: number, placeOfItem: (item: T) => readonly string[]) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (last === undefined || found.length <= limit) return { items, nextCursor: null };
  return { items, nextCursor: Buffer.from(JSON.stringify(placeOfItem(last))).toString('base64url') };
}

function placeOf(cursor: string, form: z.ZodType<readonly string[]>): readonly string[] | null {
  try {
    return form.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return null;
  }
}
