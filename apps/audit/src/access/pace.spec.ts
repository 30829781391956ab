/** How long work goes on, and who else has a turn meanwhile. */
import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.js';

function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('work at a pace', () => {
  it.each([
    ['for as long as it may', 400, 60_000],
    ['until nobody waits for it any more', 60_000, 400],
  ])('goes on %s, and others have their turns between', async (_, mostMs, leftMs) => {
    const startMs = performance.now();
    const pace = new Pace(mostMs, Date.now() + leftMs);
    let [turns, steps] = [0, 0];
    const other = setInterval(() => turns++, 1);
    do {
      work(5);
      steps++;
    } while (!(await pace.isOver()));
    clearInterval(other);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(395);
    expect(steps).toBeGreaterThan(1);
    expect(turns).toBeGreaterThan(0);
  });

  it('is over after a step where there was no time at all', async () => {
    expect(await new Pace(1_000, Date.now() - 1).isOver()).toBe(true);
  });
});
