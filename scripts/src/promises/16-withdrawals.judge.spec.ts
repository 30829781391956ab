/** The judge of withdrawals finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { type Attempt, type Episode, judgeWithdrawals, type WithdrawalHistory } from './16-withdrawals.judge.js';

const attempt = (requestId: string, begunMs: number, outcome: Attempt['outcome']): Attempt => ({
  requestId,
  begunMs,
  endedMs: begunMs + 5,
  outcome,
});
const early = attempt('early', 0, 'released');
const late = attempt('late', 40, 'denied');
const again = attempt('again', 80, 'released');
const episode: Episode = {
  kind: 'a right',
  attempts: [early, late, again],
  withdrawal: { commandId: 'withdraw', begunMs: 10, endedMs: 20 },
  restoration: { commandId: 'restore', begunMs: 60, endedMs: 70 },
};
const change = (commandId: string) => ({ type: 'Changed', requestId: commandId, commandId });
const release = (requestId: string) => ({ type: 'SecretDecrypted', requestId, commandId: null });
const good: WithdrawalHistory = {
  kinds: ['a right'],
  episodes: [episode],
  journal: [release('early'), change('withdraw'), change('restore'), release('again')],
  secretsUnderAGrant: 1,
};

const found = (planted: Partial<WithdrawalHistory>) => judgeWithdrawals({ ...good, ...planted }).violations;
const having = (...attempts: Attempt[]) => ({
  episodes: [{ ...episode, attempts: [...episode.attempts, ...attempts] }],
});

it('a good history has nothing against it', () => {
  expect(judgeWithdrawals(good)).toMatchObject({
    tried: 3,
    violations: [],
    details: { withdrawals: 1, restorations: 1, released: 2, denied: 1, millisecondsToWithdraw: { p50: 10, max: 10 } },
  });
});

describe('an attempt', () => {
  it.each([
    ['released after the answer', attempt('x', 21, 'released'), /begun 1 ms after the withdrawal’s answer/],
    ['denied before the withdrawal', attempt('x', 1, 'denied'), /denied before the withdrawal/],
    ['denied after it was given back', attempt('x', 71, 'denied'), /denied after it was given back/],
  ])('%s is found', (_, planted, words) => {
    const journal = planted.outcome === 'released' ? [release('x'), ...good.journal] : good.journal;
    expect(found({ ...having(planted), journal })).toEqual([expect.stringMatching(words)]);
  });

  it.each([
    ['released while it is withdrawn', attempt('x', 12, 'released')],
    ['denied while it is withdrawn', attempt('x', 12, 'denied')],
    ['released while it is given back', attempt('x', 62, 'released')],
    ['of which nobody knows', attempt('x', 30, null)],
  ])('%s is as it may be', (_, planted) => {
    const journal = planted.outcome === 'released' ? [release('x'), ...good.journal] : good.journal;
    expect(found({ ...having(planted), journal })).toEqual([]);
  });
});

describe('in the journal', () => {
  it('a release behind the withdrawal is found, whatever its caller was told', () => {
    const journal = [release('early'), change('withdraw'), release('x'), change('restore'), release('again')];
    for (const outcome of ['released', 'denied', null] as const)
      expect(found({ ...having(attempt('x', 12, outcome)), journal })).toEqual([
        expect.stringMatching(/release to request x stands behind the withdrawal/),
      ]);
  });

  it('a release without an event is found, and so is a withdrawal without one', () => {
    expect(found(having(attempt('x', 2, 'released')))).toEqual([
      expect.stringMatching(/x was released without an event/),
    ]);
    expect(found({ journal: [] })).toContainEqual(expect.stringMatching(/withdraw is missing from the journal/));
  });
});

describe('what shows nothing', () => {
  it('is a kind that was not withdrawn', () => {
    expect(found({ kinds: ['a right', 'another'] })).toEqual([expect.stringMatching(/another: never withdrawn/)]);
  });

  it.each([
    ['without a release before', [late, again]],
    ['without an attempt after', [early]],
  ])('is an episode %s', (_, attempts) => {
    expect(found({ episodes: [{ ...episode, attempts }] })).toContainEqual(
      expect.stringMatching(/nothing was released/),
    );
  });
});
