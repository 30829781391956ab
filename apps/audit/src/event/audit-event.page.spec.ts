/** Pages and their cursors. */
import { describe, expect, it } from '@jest/globals';
import { arrived, madeEvent, UNKNOWN_ACTOR } from './audit-event.fixture.js';
import { cursorOf, pageOf, placeIn } from './audit-event.page.js';
import { readEvent } from './audit-event.view.js';

const TIME = '2026-03-01T12:00:00.000Z';
const records = (count: number, data: object = {}) =>
  Array.from({ length: count }, (_, i) => ({
    ...readEvent(arrived(madeEvent({ data }), i + 1), TIME).facts,
    ...UNKNOWN_ACTOR,
  }));

describe('a cursor', () => {
  it('names a place', () => {
    const place = { time: TIME, service: 'vault', ordinal: 42 } as const;
    expect(placeIn(cursorOf(place))).toEqual(place);
  });

  const encode = (json: string) => Buffer.from(json).toString('base64url');
  it.each([
    ['', ''],
    ['text', 'abc'],
    ['a foreign form', encode('{"time":1}')],
    ['a foreign service', encode(`["${TIME}","mallory",1]`)],
    ['an ordinal in text', encode(`["${TIME}","vault","1"]`)],
    ['ordinal 0', encode(`["${TIME}","vault",0]`)],
    ['a fraction', encode(`["${TIME}","vault",1.5]`)],
    ['no date', encode('["2026-02-30T00:00:00.000Z","vault",1]')],
    ['one more member', encode(`["${TIME}","vault",1,1]`)],
    ['white space', encode(`["${TIME}", "vault", 1]`)],
    ['a tail', `${cursorOf({ time: TIME, service: 'vault', ordinal: 1 })}A`],
  ])('with %s is none', (_, cursor) => {
    expect(placeIn(cursor)).toBeNull();
  });
});

describe('a page', () => {
  it('is the last one where nothing further was found', () => {
    expect(pageOf(records(2), 2)).toMatchObject({ items: [{ ordinal: 1 }, { ordinal: 2 }], nextCursor: null });
    expect(pageOf([], 2)).toEqual({ items: [], nextCursor: null });
  });

  it('goes on behind its last entry', () => {
    expect(pageOf(records(3), 2)).toMatchObject({
      items: { length: 2 },
      nextCursor: cursorOf({ time: TIME, service: 'vault', ordinal: 2 }),
    });
  });

  it('ends where a message would be full, and goes on from there', () => {
    const found = records(100, { text: 'x'.repeat(20_000) });
    const { items, nextCursor } = pageOf(found, 100);
    expect(Buffer.byteLength(JSON.stringify(items))).toBeLessThan(1_000_000);
    expect(items.length).toBeGreaterThan(30);
    expect(nextCursor).toBe(cursorOf({ time: TIME, service: 'vault', ordinal: items.length }));
  });
});
