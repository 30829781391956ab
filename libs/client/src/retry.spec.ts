/** When a request that was turned away is sent again, and when no more. */
import { describe, expect, it } from '@jest/globals';
import { type Code, rpcError, type RpcReply } from '@keytrail/contracts';
import fc from 'fast-check';
import { retryOverloaded } from './retry.js';

const refusal = (code: Code): RpcReply => ({ ok: false, error: rpcError(code, 'no') });
const overloaded = refusal('service.overloaded');
const value: RpcReply = { ok: true, value: 'the value' };

const START_MS = 1_000_000;
const TIMEOUT_MS = 2_000;

/** Asks somebody who answers this, and then always the last, each after `answerMs`; no time passes but so. */
async function asking(answers: readonly RpcReply[], chances: readonly number[], answerMs = 0) {
  let [nowMs, attempts] = [START_MS, 0];
  const pausesMs: number[] = [];
  const ask = async (): Promise<RpcReply> => {
    nowMs += answerMs;
    return answers[Math.min(attempts++, answers.length - 1)] as RpcReply;
  };
  const reply = await retryOverloaded(ask, START_MS + TIMEOUT_MS, {
    now: () => nowMs,
    random: () => chances[pausesMs.length % chances.length] as number,
    sleep: async (ms) => {
      pausesMs.push(ms);
      nowMs += ms;
    },
  });
  return { reply, attempts, pausesMs, tookMs: nowMs - START_MS };
}

describe('a request that a vault with too much to do has turned away', () => {
  it('is sent again until it is served', async () => {
    const { reply, attempts } = await asking([overloaded, overloaded, value], [0.5]);
    expect(reply).toEqual(value);
    expect(attempts).toBe(3);
  });

  it('waits by chance, within twice as much each time, and no more than a second', async () => {
    const half = await asking(Array.from({ length: 4 }, () => overloaded).concat(value), [0.5]);
    expect(half.pausesMs).toEqual([25, 50, 100, 200]);
    const none = await asking(Array.from({ length: 9 }, () => overloaded).concat(value), [0]);
    expect(none.pausesMs).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const tenth = await asking(Array.from({ length: 9 }, () => overloaded).concat(value), [0.1]);
    expect(tenth.pausesMs).toEqual([5, 10, 20, 40, 80, 100, 100, 100, 100]);
  });

  it('is given up, as it was answered last, where the deadline leaves no room for another attempt', async () => {
    const { reply, pausesMs, tookMs } = await asking([overloaded], [0.999]);
    expect(reply).toEqual(overloaded);
    expect(pausesMs).toHaveLength(5);
    expect(tookMs).toBeLessThan(TIMEOUT_MS - 50);
  });

  it('is not sent twice where the first answer came at the deadline', async () => {
    const { reply, attempts, pausesMs } = await asking([overloaded], [0], TIMEOUT_MS - 40);
    expect(reply).toEqual(overloaded);
    expect([attempts, pausesMs]).toEqual([1, []]);
  });

  it('never waits beyond its deadline, nor longer than it may, whatever chance says', async () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(chance, { minLength: 1 }),
        fc.integer({ min: 1, max: 500 }),
        async (chances, answerMs) => {
          const { reply, attempts, pausesMs, tookMs } = await asking([overloaded], chances, answerMs);
          expect(reply).toEqual(overloaded);
          expect(attempts).toBe(pausesMs.length + 1);
          for (const [n, pauseMs] of pausesMs.entries()) {
            expect(pauseMs).toBeGreaterThanOrEqual(0);
            expect(pauseMs).toBeLessThan(Math.min(1_000, 50 * 2 ** n));
          }
          // The last attempt began with room to spare.
          expect(tookMs - answerMs).toBeLessThanOrEqual(TIMEOUT_MS - 50);
        },
      ),
    );
  });
});

describe('any other answer', () => {
  it.each<Code>([
    'request.deadline_exceeded',
    'service.unavailable',
    'journal.unavailable',
    'auth.session_invalid',
    'auth.throttled',
    'key.unknown',
    'secret.unavailable',
    'internal',
  ])('is the answer at once: %s', async (code) => {
    const { reply, attempts } = await asking([refusal(code), value], [0.5]);
    expect(reply).toEqual(refusal(code));
    expect(attempts).toBe(1);
  });

  it('is the answer also after others were turned away', async () => {
    const { reply, attempts } = await asking([overloaded, refusal('secret.unavailable'), value], [0.5]);
    expect(reply).toEqual(refusal('secret.unavailable'));
    expect(attempts).toBe(2);
  });
});
