/** The kernel, on a decider that counts to a hundred. */
import { describe, expect, it } from '@jest/globals';
import type { EventId, Principal, Workspace } from '@keytrail/contracts';
import fc from 'fast-check';
import type { Decider } from './decider.js';
import { accept, fold, reject } from './decider.js';
import { execute } from './execute.js';
import type { Journal, Permit, RequestFacts } from './journal.js';
import { memoryJournal } from './memory-journal.js';

type Added = { readonly type: 'Added'; readonly data: { readonly amount: number } };
type Add = { readonly type: 'add'; readonly amount: number };

const counter: Decider<number, Add, Added, { code: 'counter.too_much'; message: string }> = {
  initial: 0,
  decide: ({ amount }, total) => {
    if (amount === 0) return accept();
    if (total + amount > 100) return reject('counter.too_much', 'at most 100');
    return accept({ type: 'Added', data: { amount } });
  },
  evolve: (total, { data }) => total + data.amount,
  withdraws: ({ data }) => data.amount < 0,
};

let ids = 0;
const newId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}` as EventId;
const memory = () => memoryJournal({ newId, now: () => '2026-01-31T12:00:00.000Z' });

const facts = (command?: RequestFacts['command'], principal = 'a'.repeat(26)): RequestFacts => ({
  workspace: 'acme' as Workspace,
  principal: principal as Principal,
  requestId: 'request-1',
  ...(command && { command }),
  detail: {},
});

const add = (journal: Journal<null>, amount: number, rest: { facts?: RequestFacts; expectedRevision?: number } = {}) =>
  execute(counter, journal)({ stream: 's', aggregate: 'counter', subject: 's', facts: facts(), ...rest }, () => ({
    command: { type: 'add', amount },
  }));

const totalIn = async (journal: Journal<null>) =>
  fold(
    counter,
    (await journal.load<Added>('s')).map(({ event }) => event),
  );

/** A journal that lets somebody else append just before ours, as often as told. */
function contended(inner: Journal<null>, times: number): Journal<null> {
  let left = times;
  return {
    load: (stream) => inner.load(stream),
    loadTogether: (behind) => inner.loadTogether(behind),
    append: async (commit) => {
      if (left-- > 0) await inner.append({ ...commit, events: [{ type: 'Added', data: { amount: 1 } }] as never });
      return inner.append(commit);
    },
  };
}

describe('execute', () => {
  it('appends what the decider accepts and answers the whole history', async () => {
    const journal = memory();
    await add(journal, 1);
    const outcome = await add(journal, 2);
    expect(outcome).toMatchObject({
      ok: true,
      history: [{ event: { data: { amount: 1 } } }, { event: { data: { amount: 2 } } }],
    });
  });

  it('answers a rejection and appends nothing', async () => {
    const journal = memory();
    expect(await add(journal, 101)).toMatchObject({ ok: false, rejection: { code: 'counter.too_much' } });
    expect(await totalIn(journal)).toBe(0);
  });

  it('hands the gatherer the state and the history that it folds', async () => {
    const journal = memory();
    await add(journal, 1);
    const gathered: unknown[] = [];
    await execute(counter, journal)({ stream: 's', aggregate: 'counter', subject: 's', facts: facts() }, (...known) => {
      gathered.push(known);
      return { command: { type: 'add', amount: 2 } };
    });
    expect(gathered).toEqual([
      [1, [expect.objectContaining({ revision: 1, event: { type: 'Added', data: { amount: 1 } } })]],
    ]);
  });

  it('appends nothing where nothing changes', async () => {
    const journal = memory();
    await add(journal, 5);
    expect(await add(journal, 0)).toMatchObject({ ok: true });
    expect(await journal.load('s')).toHaveLength(1);
  });

  it('decides afresh on a conflict, on the new state', async () => {
    const journal = memory();
    await add(journal, 99);
    expect(await add(contended(journal, 1), 1)).toMatchObject({ ok: false, rejection: { code: 'counter.too_much' } });
  });

  it('gives up after three conflicts', async () => {
    const journal = memory();
    expect(await add(contended(journal, 2), 1)).toMatchObject({ ok: true });
    expect(await add(contended(journal, 3), 1)).toMatchObject({ ok: false, rejection: { code: 'conflict' } });
  });

  describe('on a permit', () => {
    /** Granted where its author's stream stands at `revision`; `renewal` makes the next one. */
    const permitAt = (revision: number, renewal: () => Promise<Permit>): RequestFacts => ({
      ...facts(),
      permit: { decidedOn: [{ stream: 'author', revision }], validUntil: null, renew: renewal },
    });

    it('that does not hold any more is judged again, and so is the state', async () => {
      const journal = memory();
      await add(journal, 1);
      const renewed: Permit = { decidedOn: [], validUntil: null, renew: () => Promise.reject(new Error('again')) };
      const states: number[] = [];
      const target = { stream: 's', aggregate: 'counter', subject: 's', facts: permitAt(7, async () => renewed) };
      const outcome = await execute(counter, journal)(target, (state) => {
        states.push(state);
        return { command: { type: 'add', amount: 2 } };
      });
      expect(outcome).toMatchObject({ ok: true });
      expect([states, await totalIn(journal)]).toEqual([[1, 1], 3]);
    });

    it('that is not renewed appends nothing, and its refusal is what is thrown', async () => {
      const journal = memory();
      const withdrawn = permitAt(7, () => Promise.reject(new Error('withdrawn')));
      await expect(add(journal, 1, { facts: withdrawn })).rejects.toThrow('withdrawn');
      expect(await totalIn(journal)).toBe(0);
    });

    it('that changes all the time is a conflict in the end', async () => {
      const restless = (): RequestFacts =>
        permitAt(7, async () => ({ ...(restless().permit as Permit), decidedOn: [{ stream: 'author', revision: 8 }] }));
      expect(await add(memory(), 1, { facts: restless() })).toMatchObject({ rejection: { code: 'conflict' } });
    });
  });

  it('refuses a revision that the caller did not expect', async () => {
    const journal = memory();
    await add(journal, 1);
    expect(await add(journal, 1, { expectedRevision: 0 })).toMatchObject({
      ok: false,
      rejection: { code: 'conflict' },
    });
    expect(await add(journal, 1, { expectedRevision: 1 })).toMatchObject({ ok: true });
  });

  it('a repeated command adds nothing and has the same answer', async () => {
    const amounts = fc.array(
      fc.record({ amount: fc.integer({ min: 0, max: 40 }), id: fc.constantFrom('a', 'b', 'c') }),
    );
    await fc.assert(
      fc.asyncProperty(amounts, async (commands) => {
        const journal = memory();
        for (const { amount, id } of commands) {
          const named = { facts: facts({ id, digest: String(amount) }) };
          const first = await add(journal, amount, named);
          const total = await totalIn(journal);
          expect(await add(journal, amount, named)).toEqual(first);
          expect(await totalIn(journal)).toBe(total);
        }
      }),
    );
  });

  it('refuses a command id that named another change, and lets another principal use it', async () => {
    const journal = memory();
    await add(journal, 1, { facts: facts({ id: 'a', digest: 'one' }) });
    const reused = await add(journal, 2, { facts: facts({ id: 'a', digest: 'two' }) });
    expect(reused).toMatchObject({ ok: false, rejection: { code: 'command_id_reused' } });
    await add(journal, 2, { facts: facts({ id: 'a', digest: 'two' }, 'b'.repeat(26)) });
    expect(await totalIn(journal)).toBe(3);
  });
});
