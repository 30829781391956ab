/** How arrivals are timed, on a clock that goes only as far as it is told. */
import { describe, expect, it } from '@jest/globals';
import { arrivals, type Clock, dueMs, dueWithin } from './arrivals.js';

const signal = new AbortController().signal;

/** A clock whose waits take as long as they should, and `oversleepMs` more. */
function handClock(oversleepMs = 0): Clock & { pass(ms: number): void } {
  let nowMs = 1_000;
  return {
    now: () => nowMs,
    pass: (ms) => void (nowMs += ms),
    wait: async (ms) => {
      // What has been answered by now comes before time goes on.
      await new Promise((resolve) => setImmediate(resolve));
      nowMs += ms + oversleepMs;
    },
  };
}

describe('the schedule', () => {
  it('is even, from the beginning on', () => {
    expect([0, 1, 2, 5].map((n) => dueMs(n, 4))).toEqual([0, 250, 500, 1_250]);
  });

  it('counts what is due before a moment, and not what is due at it', () => {
    expect([0, 1, 250, 251, 1_000].map((ms) => dueWithin(ms, 4))).toEqual([0, 1, 1, 2, 4]);
  });
});

describe('arrivals', () => {
  it('are as many as the rate says, each sent when it is due', async () => {
    const clock = handClock();
    const sentAt: number[] = [];
    const request = async () => sentAt.push(clock.now() - 1_000) > 0;
    const { done, lateMs } = await arrivals({ perSecond: 4, forMs: 1_500, signal, request }, clock);
    expect(sentAt).toEqual([0, 250, 500, 750, 1_000, 1_250]);
    expect({ done, lateMs }).toEqual({ done: 6, lateMs: [0, 0, 0, 0, 0, 0] });
  });

  it('wait for none of those before them', async () => {
    const [clock, replies]: [Clock, ((isServed: boolean) => void)[]] = [handClock(), []];
    const request = () => new Promise<boolean>((resolve) => replies.push(resolve));
    const round = arrivals({ perSecond: 10, forMs: 500, signal, request }, clock);
    while (replies.length < 5) await new Promise((resolve) => setImmediate(resolve));
    for (const reply of replies) reply(true);
    expect(await round).toMatchObject({ done: 5 });
  });

  it('count from when they were due, for all that fall due in a stall', async () => {
    const clock = handClock();
    let sent = 0;
    // The first holds up everything for a second, as a pause of the whole process does.
    const request = async () => {
      if (sent++ === 0) clock.pass(1_000);
      return true;
    };
    const { tookMs, lateMs } = await arrivals({ perSecond: 4, forMs: 1_500, signal, request }, clock);
    expect(lateMs).toEqual([0, 750, 500, 250, 0, 0]);
    expect(tookMs).toEqual([1_000, 750, 500, 250, 0, 0]);
  });

  it('that are not served are later than any, and do not count as done', async () => {
    let sent = 0;
    const request = async () => ++sent % 2 === 0;
    const { done, tookMs } = await arrivals({ perSecond: 4, forMs: 1_000, signal, request }, handClock());
    expect({ done, tookMs }).toEqual({ done: 2, tookMs: [Infinity, 0, Infinity, 0] });
  });

  it('are told as late where their process woke up late', async () => {
    const { lateMs } = await arrivals(
      { perSecond: 1, forMs: 3_000, signal, request: () => Promise.resolve(true) },
      handClock(2),
    );
    expect(lateMs).toEqual([0, 2, 2]);
  });

  it('end where a request fails, with its failure', async () => {
    let sent = 0;
    const request = () => (++sent === 2 ? Promise.reject(new Error('refused')) : Promise.resolve(true));
    await expect(arrivals({ perSecond: 10, forMs: 60_000, signal, request }, handClock())).rejects.toThrow('refused');
    expect(sent).toBeLessThan(10);
  });

  it('end early where they are told to', async () => {
    const stopping = new AbortController();
    let sent = 0;
    const request = async () => {
      if (++sent === 3) stopping.abort();
      return true;
    };
    const round = arrivals({ perSecond: 10, forMs: 60_000, signal: stopping.signal, request }, handClock());
    await expect(round).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent).toBe(3);
  });
});
