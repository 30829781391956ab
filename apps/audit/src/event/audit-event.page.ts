/** Pages of entries, newest first: where one ends, and how the next one finds on. */
import type { AuditEventPage, AuditEntry } from '@keytrail/contracts';
import { SERVICES, Timestamp } from '@keytrail/contracts';
import { z } from 'zod';
import type { AuditFacts, AuditRecord } from './audit-event.view.js';
import { entryOf } from './audit-event.view.js';

/** The place of an event among those of all services: by time, and among equal times by service and ordinal. */
export type Place = Pick<AuditFacts, 'time' | 'service' | 'ordinal'>;

/** A message holds a mebibyte: this leaves room for its envelope. */
const PAGE_BYTES = 786_432;

/** The first `limit` entries that fit a message; `found` has one more where there are further ones. */
export function pageOf(found: readonly AuditRecord[], limit: number): AuditEventPage {
  const items = entriesThatFit(found.slice(0, limit));
  const last = found[items.length - 1];
  return { items, nextCursor: last !== undefined && items.length < found.length ? cursorOf(last) : null };
}

/** The entries up to the size of a message; the first is always among them. */
export function entriesThatFit(found: readonly AuditRecord[]): AuditEntry[] {
  let bytes = 0;
  const entries = found.map(entryOf);
  const end = entries.findIndex((entry, i) => {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    return bytes > PAGE_BYTES && i > 0;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

const Triple = z.tuple([Timestamp, z.enum(SERVICES), z.int().positive()]);

/** Opaque to the caller: base64url of the place. */
export function cursorOf({ time, service, ordinal }: Place): string {
  return Buffer.from(JSON.stringify([time, service, ordinal])).toString('base64url');
}

/** The place in a cursor, or null where it is not one that {@link cursorOf} makes. */
export function placeIn(cursor: string): Place | null {
  try {
    const [time, service, ordinal] = Triple.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    const place = { time, service, ordinal };
    return cursorOf(place) === cursor ? place : null;
  } catch {
    return null;
  }
}
