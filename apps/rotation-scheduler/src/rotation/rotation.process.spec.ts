/** What comes next for a secret. */
import { describe, expect, it } from '@jest/globals';
import type { Code, RotationEvent, RpcReply, SecretDescription } from '@keytrail/contracts';
import { given } from '@keytrail/eventsourcing';
import { rotationDecider } from './rotation.decider.js';
import {
  after,
  complete,
  completed,
  completeStep,
  DAY_SECONDS,
  fail,
  handler,
  idOf,
  noon,
  policySet,
  startDue,
  started,
  stepCompleted,
} from './rotation.fixture.js';
import { afterAnswer, nextStep, waitSeconds } from './rotation.process.js';

const due = after(DAY_SECONDS);
const next = (now: string, ...past: RotationEvent[]) =>
  nextStep(given(rotationDecider, ...past).state, { now, freshId: idOf(7) });

describe('next', () => {
  it('is nothing without a policy, before its time, and where it only tells', () => {
    const rest = { type: 'rest' };
    expect(next(due)).toEqual(rest);
    expect(next(noon, policySet())).toEqual(rest);
    expect(next(due, policySet({ autoRotate: false }))).toEqual(rest);
  });
  it('is a start at the moment of a policy', () => {
    expect(next(due, policySet())).toEqual({ type: 'record', command: startDue(7, due) });
  });
  it('is the vault’s turn for a run that has begun', () => {
    const { value } = handler;
    expect(next(noon, started(1, 'manual'))).toEqual({ type: 'generate', rotationId: idOf(1), value });
  });
  it('is the end for a run that has its version', () => {
    expect(next(noon, started(1), stepCompleted(1, 2))).toEqual({ type: 'record', command: complete(1, noon) });
  });
  it('is nothing after the end', () => {
    expect(next(due, policySet(), started(1), stepCompleted(1, 2), completed(1, 2, after(1e6)))).toEqual({
      type: 'rest',
    });
  });
});

describe('an answer of the vault', () => {
  const refused = (code: Code): RpcReply<SecretDescription> => ({
    ok: false,
    error: { code, message: 'no', retryable: false },
  });

  it('with a version is recorded', () => {
    const reply = { ok: true, value: { currentVersion: 5 } as SecretDescription } as const;
    expect(afterAnswer(idOf(1), reply, noon)).toEqual({ type: 'record', command: completeStep(1, 5) });
  });
  it('that it was not done ends the run', () => {
    expect(afterAnswer(idOf(1), refused('secret.not_found'), noon)).toEqual({ type: 'record', command: fail(1, noon) });
  });
  it.each(['access.denied', 'secret.revoked', 'workspace.key_exhausted', 'request.malformed'] as const)(
    '%s ends the run',
    (code) => {
      expect(afterAnswer(idOf(1), refused(code), noon)).toMatchObject({ command: { type: 'FailRotation', code } });
    },
  );
  it.each([
    'service.unavailable',
    'service.overloaded',
    'journal.unavailable',
    'request.deadline_exceeded',
    'secret.revision_conflict',
    'internal',
  ] as const)('%s leaves open whether it was done: the same is asked again', (code) => {
    expect(afterAnswer(idOf(1), refused(code), noon)).toEqual({ type: 'retry', code });
  });
});

it('the vault is asked again after a second, and each time after twice as long, up to a minute', () => {
  expect(Array.from({ length: 8 }, (_, attempts) => waitSeconds(attempts))).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});
