/** A waker and its thread. */
import { expect, it } from '@jest/globals';
import { startWaker } from './waker.js';

it('wakes whoever waits, after as long as they said and not before, again and again, and ends', async () => {
  const waker = await startWaker(new URL('../../dist/bench/waker-thread.js', import.meta.url));
  try {
    for (const ms of [0, 0.2, 5, 0.2]) {
      const since = waker.now();
      await waker.wait(ms);
      expect(waker.now() - since).toBeGreaterThanOrEqual(ms);
    }
  } finally {
    await waker.close();
  }
});
