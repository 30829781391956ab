/** What a long run amounts to. */
import { describe, expect, it } from '@jest/globals';
import { addsUp, figuresOf, type SoakSample } from './soak-figures.js';

const sample = (n: number): SoakSample => ({
  perSecond: 1_000 - 10 * n,
  cpuUsPerDecrypt: { vault: 100 + n },
  lagMs: n === 3 ? 900 : 100,
  relayLagMs: null,
  rssMb: { vault: 200 + n, caller: null },
});

describe('the figures of a run', () => {
  it('tell how each was at the beginning and at the end, and at its worst', () => {
    expect(figuresOf(Array.from({ length: 5 }, (_, n) => sample(n)))).toEqual({
      decryptsPerSecond: { median: 980, firstFifth: 1_000, lastFifth: 960 },
      throughputRatio: 0.96,
      lagMs: { median: 100, max: 900 },
      relayLagMs: { median: null, max: null },
      cpuUsPerDecrypt: { vault: { firstFifth: 100, lastFifth: 104, max: 104 } },
      rssMb: {
        vault: { firstFifth: 200, lastFifth: 204, max: 204 },
        caller: { firstFifth: null, lastFifth: null, max: null },
      },
    });
  });
});

describe('the counts', () => {
  const counts = { committedEvents: 7, projectedEvents: 7, usedEvents: 7, countedEvents: 7 };

  it('add up where each is what was released', () => {
    expect(addsUp(7, counts)).toBe(true);
  });

  it('do not where one is not', () => {
    for (const name of Object.keys(counts)) {
      expect(addsUp(7, { ...counts, [name]: 8 })).toBe(false);
      expect(addsUp(7, { ...counts, [name]: 6 })).toBe(false);
    }
    expect(addsUp(8, counts)).toBe(false);
  });

  it('do not where nothing was released', () => {
    expect(addsUp(0, { committedEvents: 0, projectedEvents: 0, usedEvents: 0, countedEvents: 0 })).toBe(false);
  });
});
