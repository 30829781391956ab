/** How often a tally speaks. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { tally } from './tally.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('a thousand times within a second are said once, with their number', () => {
  const said: number[] = [];
  const count = tally((times) => said.push(times));
  for (let i = 0; i < 1_000; i++) count();
  expect(said).toEqual([]);
  jest.advanceTimersByTime(1_000);
  count();
  jest.advanceTimersByTime(1_000);
  expect(said).toEqual([1_000, 1]);
});

it('nothing is said of nothing', () => {
  const said: number[] = [];
  tally((times) => said.push(times));
  jest.advanceTimersByTime(10_000);
  expect(said).toEqual([]);
});
