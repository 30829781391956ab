/** Requests that a vault with too much to do has turned away are sent again, callers not all at the same time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, type RpcReply } from '@keytrail/contracts';
import type { Entry } from './entry.js';

const BASE_MS = 50;
const CAP_MS = 1_000;

/** With less time left an attempt would most likely end unanswered, and nobody would know what came of it. */
const ROOM_MS = 50;

/** Where time and chance come from. */
export interface Surroundings {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const real: Surroundings = { now: Date.now, random: Math.random, sleep };

/**
 * Asks until the answer is another than `service.overloaded`, or the deadline (epoch milliseconds) has no room for one
 * more attempt: then that is the answer. A pause is of any length up to a bound that doubles each time: "full jitter"
 * (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Of whatever else may be retried it is not
 * known that nothing was done, so that is the caller's to ask for again.
 */
export async function retryOverloaded(
  ask: () => Promise<RpcReply>,
  deadlineMs: number,
  { now, random, sleep: pause }: Surroundings = real,
): Promise<RpcReply> {
  for (let attempt = 0; ; attempt++) {
    const reply = await ask();
    if (reply.ok || reply.error.code !== 'service.overloaded') return reply;
    const pauseMs = random() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
    if (now() + pauseMs + ROOM_MS > deadlineMs) return reply;
    await pause(pauseMs);
  }
}

/** The same way in, tried again while there is time. Each attempt is the same request, under the same id. */
export function retrying(entry: Entry): Entry {
  return {
    ...entry,
    request: (call) => {
      const { deadlineMs = Date.now() + LIMITS.deadlineDefaultMs } = call;
      return retryOverloaded(() => entry.request({ ...call, deadlineMs }), deadlineMs);
    },
  };
}
