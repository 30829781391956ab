/** Policies and runs as they are shown: the same history, read for people. */
import type {
  Reference,
  RotationCompleted,
  RotationEvent,
  RotationPolicy,
  RotationPolicyStatus,
  RotationRun,
  RotationStarted,
} from '@keytrail/contracts';
import { partsOf, unreachable } from '@keytrail/contracts';
import { fold, type Recorded } from '@keytrail/eventsourcing';
import { plusSeconds } from './moment.js';
import { rotationDecider } from './rotation.decider.js';

/** A policy but for its status, which changes with the time alone. */
export type StandingPolicy = Omit<RotationPolicy, 'status'>;

type History = readonly Recorded<RotationEvent>[];

/** The policy that stands at the end of a history, or null where none does. */
export function describePolicy(reference: Reference, history: History): StandingPolicy | null {
  const last = history.at(-1);
  const completed = history.findLast(isCompleted);
  const { policy } = fold(
    rotationDecider,
    history.map(({ event }) => event),
  );
  if (last === undefined || policy === null) return null;
  return {
    ...policy,
    reference,
    workspace: partsOf(reference).workspace,
    notifyAt: plusSeconds(policy.nextRotationAt, -policy.notifyBeforeSeconds),
    lastRotationId: completed?.event.data.rotationId ?? null,
    lastRotatedAt: completed?.time ?? null,
    revision: last.revision,
    updatedAt: last.time,
  };
}

const isCompleted = (recorded: Recorded<RotationEvent>): recorded is Recorded<RotationCompleted> =>
  recorded.event.type === 'RotationCompleted';

/** The policy as it stands at a moment. */
export const policyAt = (policy: StandingPolicy, now: string): RotationPolicy => ({
  ...policy,
  status: statusAt(policy, now),
});

function statusAt({ nextRotationAt, notifyAt }: StandingPolicy, now: string): RotationPolicyStatus {
  if (now >= nextRotationAt) return 'overdue';
  return now >= notifyAt ? 'approaching' : 'scheduled';
}

/** The run that began last in a history, or null where none has. */
export function describeLatestRun(reference: Reference, history: History): RotationRun | null {
  return history.reduce<RotationRun | null>((run, { event, time, principal }) => {
    switch (event.type) {
      case 'RotationStarted':
        return begun(reference, event, { startedAt: time, startedBy: principal });
      case 'RotationStepCompleted':
        return run && { ...run, version: event.data.version };
      case 'RotationCompleted':
        return run && { ...run, status: 'completed', version: event.data.version, endedAt: time };
      case 'RotationFailed':
        return run && { ...run, status: 'failed', code: event.data.code, endedAt: time };
      case 'RotationPolicySet':
      case 'RotationPolicyDeleted':
        return run;
      default:
        return unreachable(event);
    }
  }, null);
}

function begun(
  reference: Reference,
  { data }: RotationStarted,
  by: Pick<RotationRun, 'startedAt' | 'startedBy'>,
): RotationRun {
  return {
    id: data.rotationId,
    reference,
    workspace: partsOf(reference).workspace,
    trigger: data.trigger,
    handler: data.handler.type,
    status: 'running',
    version: null,
    code: null,
    ...by,
    endedAt: null,
  };
}
