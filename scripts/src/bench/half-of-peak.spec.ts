/** What comes of rounds of arrivals. */
import { expect, it } from '@jest/globals';
import type { Arrived } from './arrivals.js';
import { figuresOf } from './half-of-peak.js';

/** A hundred requests, the two slowest of which took so long. */
const round = (usualMs: number, slowMs: number): Arrived => {
  const tookMs = Array.from({ length: 100 }, (_, n) => (n < 98 ? usualMs : slowMs));
  return { done: 100, tookMs, lateMs: [0.1] };
};

it('the ratio is the median of the rounds, and the rest is of all of them', () => {
  const echoes = [round(1, 2), round(1, 2), round(1, 40)];
  const decrypts = [round(2, 50), round(2, 6), round(2, 8)];
  expect(figuresOf(echoes, decrypts)).toEqual({
    p50Ms: 2,
    p99Ms: 8,
    echoP50Ms: 1,
    echoP99Ms: 2,
    p99Ratio: 3,
    refused: 0,
    sentLateP99Ms: 0.1,
    spread: { p99Ms: [6, 50], echoP99Ms: [2, 40], p99Ratio: [0.2, 25] },
  });
});

it('whoever was not served waited for ever', () => {
  const tookMs = [...Array.from({ length: 95 }, () => 2), ...Array.from({ length: 5 }, () => Infinity)];
  const figures = figuresOf([round(1, 2)], [{ done: 95, tookMs, lateMs: [] }]);
  expect(figures).toMatchObject({ p50Ms: 2, p99Ms: Infinity, p99Ratio: Infinity, refused: 5 });
});
