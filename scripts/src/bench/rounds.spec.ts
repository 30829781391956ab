/** How rounds count. */
import { expect, it } from '@jest/globals';
import { median, quantile, round } from './rounds.js';

it('a round counts every request once, and keeps as many under way as it is told', async () => {
  let [started, underWay, most] = [0, 0, 0];
  const request = async () => {
    started++;
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
  };
  const { done, tookMs } = await round({ inFlight: 4, forMs: 20, request });
  expect({ done, most, measured: tookMs.length }).toEqual({ done: started, most: 4, measured: started });
});

it('a round fails where a request does', async () => {
  const request = () => Promise.reject(new Error('refused'));
  await expect(round({ inFlight: 2, forMs: 20, request })).rejects.toThrow('refused');
});

it('a round ends early where it is told to', async () => {
  const request = () => new Promise<void>((resolve) => setImmediate(resolve));
  const signal = AbortSignal.timeout(20);
  await expect(round({ inFlight: 2, forMs: 60_000, signal, request })).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('a quantile is one of the values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(quantile([1, 2, 3, 4], 1)).toBe(4);
  expect(quantile([], 0.5)).toBeNaN();
});
