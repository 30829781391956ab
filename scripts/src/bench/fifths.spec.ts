/** Which samples the first and the last fifth of a run are. */
import { expect, it } from '@jest/globals';
import { fifthsOf, maxOf, medianOf } from './fifths.js';

it('a fifth is the median of its samples', () => {
  const sixty = Array.from({ length: 60 }, (_, n) => n);
  expect(fifthsOf(sixty)).toEqual({ firstFifth: 6, lastFifth: 54 });
  expect(fifthsOf([1, 100, 5, 5, 5, 5, 5, 5, 7, 9].toReversed())).toEqual({ firstFifth: 9, lastFifth: 100 });
});

it('a short run has a sample of each at least', () => {
  expect(fifthsOf([4, 5, 6])).toEqual({ firstFifth: 4, lastFifth: 6 });
  expect(fifthsOf([4])).toEqual({ firstFifth: 4, lastFifth: 4 });
});

it('what was not told is left out, and of nothing there is nothing', () => {
  expect(fifthsOf([null, 2, 3, 4, 5, 6, 7, 8, null, null])).toEqual({ firstFifth: 2, lastFifth: null });
  expect(fifthsOf([])).toEqual({ firstFifth: null, lastFifth: null });
  expect([medianOf([null, 3, 1, 2]), maxOf([null, 3, 7])]).toEqual([2, 7]);
  expect([medianOf([null]), maxOf([])]).toEqual([null, null]);
});
