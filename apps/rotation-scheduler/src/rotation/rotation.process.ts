/** What comes next for a secret: from what stands in its stream, and from what the vault has answered. */
import type { Code, RandomValue, RotationId, RpcReply, SecretDescription } from '@keytrail/contracts';
import { isRetryable, unreachable } from '@keytrail/contracts';
import { type RotationState, type RunCommand, type RunState, startsAt } from './rotation.decider.js';

const LAST_WAIT_SECONDS = 60;

/** The outside facts of one look: the moment, and the id that a run would bear if one began. */
export interface Tick {
  readonly now: string;
  readonly freshId: RotationId;
}

/** `rest`: nothing is to be done at this moment. */
export type NextStep =
  | { readonly type: 'record'; readonly command: RunCommand }
  | { readonly type: 'generate'; readonly rotationId: RotationId; readonly value: RandomValue }
  | { readonly type: 'rest' };

/** `retry`: whether it was done is not known, or it may be done later; the same must be asked again. */
export type AfterAnswer =
  { readonly type: 'record'; readonly command: RunCommand } | { readonly type: 'retry'; readonly code: Code };

/** The next step; each is safe to repeat, so whoever was interrupted, or overtaken, asks again and goes on. */
export function nextStep(state: RotationState, { now, freshId }: Tick): NextStep {
  const { run } = state;
  if (run === null) {
    const at = startsAt(state);
    if (at === null || now < at) return { type: 'rest' };
    return { type: 'record', command: { type: 'StartDueRotation', rotationId: freshId, now } };
  }
  const { rotationId, version } = run;
  return version === null ? making(run) : { type: 'record', command: { type: 'CompleteRotation', rotationId, now } };
}

function making({ rotationId, handler }: RunState): NextStep {
  switch (handler.type) {
    case 'random':
      return { type: 'generate', rotationId, value: handler.value };
    default:
      return unreachable(handler.type);
  }
}

/** What the vault's answer means for the run: its version, its end, or another try. */
export function afterAnswer(rotationId: RotationId, reply: RpcReply<SecretDescription>, now: string): AfterAnswer {
  const step = 'create_secret';
  if (reply.ok) {
    const { currentVersion: version } = reply.value;
    return { type: 'record', command: { type: 'CompleteStep', rotationId, step, version } };
  }
  const { code } = reply.error;
  if (isOpen(code)) return { type: 'retry', code };
  return { type: 'record', command: { type: 'FailRotation', rotationId, step, code, now } };
}

/** An end is told only of what was certainly not done: a new run would make a second version. */
function isOpen(code: Code): boolean {
  return isRetryable(code) || code === 'internal' || code === 'secret.revision_conflict';
}

/** How long to wait before the vault is asked again; `attempts` so far. */
export const waitSeconds = (attempts: number): number => Math.min(2 ** attempts, LAST_WAIT_SECONDS);
