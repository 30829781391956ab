/** Waits for what other processes are about to tell. */
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

/** The answer, once it is as wanted; or the last one when time is up. */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > giveUpAt) return answer;
    await sleep(POLL_MS);
  }
}
