/** A clock whose waits end in fractions of a millisecond: the timers of an event loop know whole ones only. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from './arrivals.js';

const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** The longest sleep between two looks at what has come in; in ms. */
const LOOK_EVERY_MS = 0.25;

/**
 * It is this thread that sleeps, a quarter of a millisecond at most, and then takes a turn of its event loop. A thread
 * that slept in its stead would have to wake it, which is measured to cost 40 us each time. So a reply may be seen a
 * quarter of a millisecond after it came.
 */
export const blockingClock: Clock = {
  now: () => performance.now(),
  wait: async (ms) => {
    const endMs = performance.now() + ms;
    for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
      Atomics.wait(NEVER, 0, 0, Math.min(leftMs, LOOK_EVERY_MS));
      await turn();
    }
    if (ms <= 0) await turn();
  },
};
