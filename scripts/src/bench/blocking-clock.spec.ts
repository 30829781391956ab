/** Waits in fractions of a millisecond. */
import { expect, it } from '@jest/globals';
import { blockingClock } from './blocking-clock.js';

it('waits as long as it is told and not less, while what else is to be done is done', async () => {
  let turns = 0;
  const other = setInterval(() => turns++, 1);
  try {
    for (const ms of [0, 0.2, 20, 0.2]) {
      const since = blockingClock.now();
      await blockingClock.wait(ms);
      expect(blockingClock.now() - since).toBeGreaterThanOrEqual(ms);
    }
  } finally {
    clearInterval(other);
  }
  expect(turns).toBeGreaterThan(0);
});
