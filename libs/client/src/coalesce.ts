/** Calls of one turn of the event loop gathered, so that they travel together. */
import { LIMITS } from '@keytrail/contracts';
import type { DecryptItem, DecryptOutcome } from './decrypt-batch.js';
import type { Obtained } from './decrypt.js';

interface Waiting {
  readonly item: DecryptItem;
  readonly resolve: (obtained: Obtained) => void;
  readonly reject: (error: unknown) => void;
}

/** How what was gathered is sent: what came alone goes alone. */
export interface Sending {
  readonly one: (item: DecryptItem) => Promise<Obtained>;
  readonly many: (items: readonly DecryptItem[]) => Promise<readonly DecryptOutcome[]>;
}

/** A call that waits for whatever else is asked for in this turn, and has an outcome of its own. */
export function coalescing({ one, many }: Sending): (item: DecryptItem) => Promise<Obtained> {
  let waiting: Waiting[] = [];
  const send = async (together: readonly Waiting[]): Promise<void> => {
    const [first] = together;
    if (first === undefined) return;
    try {
      if (together.length === 1) return first.resolve(await one(first.item));
      const outcomes = await many(together.map(({ item }) => item));
      together.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i] as DecryptOutcome;
        if (outcome.ok) resolve(outcome.value);
        else reject(outcome.error);
      });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  };
  const leave = (): void => {
    const leaving = waiting;
    waiting = [];
    void send(leaving);
  };
  return (item) =>
    new Promise((resolve, reject) => {
      const count = waiting.push({ item, resolve, reject });
      if (count === 1) setImmediate(leave);
      if (count === LIMITS.decryptBatchItems) leave();
    });
}
