/** Which counters are served: each once, and none that is older than the window. */
import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import fc from 'fast-check';
import { ReplayWindow } from './replay-window.js';

const WINDOW = LIMITS.sessionWindowMessages;

describe('a window', () => {
  it('serves each counter once, like a set that forgets what is older than the window', () => {
    const counters = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5 * WINDOW })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(counters, (asked) => {
        const window = new ReplayWindow();
        const served = new Set<number>();
        for (const counter of asked) {
          const isOld = counter <= Math.max(0, ...served) - WINDOW;
          expect(window.serve(counter)).toBe(!isOld && !served.has(counter));
          if (!isOld) served.add(counter);
        }
      }),
    );
  });

  it('reaches exactly so far back', () => {
    const window = new ReplayWindow();
    window.serve(WINDOW + 1);
    expect(window.serve(1)).toBe(false);
    expect(window.serve(2)).toBe(true);
  });
});
