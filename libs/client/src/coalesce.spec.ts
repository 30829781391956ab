/** Calls of one turn, gathered: who goes together, who goes alone, and whose outcome is whose. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LIMITS, rpcError } from '@keytrail/contracts';
import { coalescing } from './coalesce.js';
import type { DecryptItem } from './decrypt-batch.js';
import type { Obtained } from './decrypt.js';
import { KeytrailError } from './keytrail-error.js';

const obtained = ({ reference }: DecryptItem) => ({ requestId: reference }) as Obtained;
const refusal = new KeytrailError(rpcError('secret.unavailable', 'not for you'), 'any');

/** Refuses what is called `bad`, and remembers what went together. */
function gathered(fails: Error | null = null) {
  const sent: (readonly string[])[] = [];
  const call = coalescing({
    one: async (item) => {
      sent.push([item.reference]);
      return obtained(item);
    },
    many: async (items) => {
      sent.push(items.map(({ reference }) => reference));
      if (fails !== null) throw fails;
      return items.map((item) =>
        item.reference === 'bad' ? { ok: false, error: refusal } : { ok: true, value: obtained(item) },
      );
    },
  });
  return { sent, call: (reference: string) => call({ reference }) };
}

describe('calls of one turn', () => {
  it('travel together, and each has its own outcome', async () => {
    const { sent, call } = gathered();
    const outcomes = await Promise.allSettled(['a', 'bad', 'c'].map(call));
    expect(sent).toEqual([['a', 'bad', 'c']]);
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: { requestId: 'a' } },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: { requestId: 'c' } },
    ]);
  });

  it('are as many as one request has room for, and the rest goes behind them', async () => {
    const { sent, call } = gathered();
    await Promise.all(Array.from({ length: LIMITS.decryptBatchItems + 2 }, (_, i) => call(String(i))));
    expect(sent.map(({ length }) => length)).toEqual([LIMITS.decryptBatchItems, 2]);
  });

  it('do not wait for those of a later turn', async () => {
    const { sent, call } = gathered();
    const first = call('first');
    await turn();
    await Promise.all([first, call('second'), call('third')]);
    expect(sent).toEqual([['first'], ['second', 'third']]);
  });

  it('all hear of what has gone wrong with all of them', async () => {
    const { call } = gathered(new Error('no road'));
    const outcomes = await Promise.allSettled([call('a'), call('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
