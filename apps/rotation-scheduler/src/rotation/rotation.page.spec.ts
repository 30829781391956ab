/** Where pages end, and what is taken for a cursor. */
import { describe, expect, it } from '@jest/globals';
import { idOf, noon, reference } from './rotation.fixture.js';
import { cursorOf, pageOf, placeIn, PLACES } from './rotation.page.js';

describe('a page', () => {
  const page = (found: readonly string[]) => pageOf(found, 2, (item) => [item]);
  it('has a cursor where something follows', () => {
    expect(page(['a', 'b', 'c'])).toEqual({ items: ['a', 'b'], nextCursor: cursorOf(['b']) });
  });
  it.each([[[]], [['a']], [['a', 'b']]])('has none at the end: %j', (found) => {
    expect(page(found)).toEqual({ items: found, nextCursor: null });
  });
});

describe('a cursor', () => {
  it('leads back to its place', () => {
    expect(placeIn(cursorOf([noon, reference]), PLACES.due)).toEqual([noon, reference]);
    expect(placeIn(cursorOf([noon, idOf(1)]), PLACES.runs)).toEqual([noon, idOf(1)]);
  });
  it.each([
    ['of another list', cursorOf([reference])],
    ['with what is no moment', cursorOf(['yesterday', reference])],
    ['with more than a place', cursorOf([noon, reference, 'more'])],
    ['that is spelled otherwise', `${cursorOf([noon, reference])}=`],
    ['that is no JSON', 'abc'],
  ])('%s is none', (_, cursor) => {
    expect(placeIn(cursor, PLACES.due)).toBeNull();
  });
});
