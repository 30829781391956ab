/**
 * A secret's rotation stream: commands are decided on it, and the rows that show it are written in the same
 * transaction.
 */
import type { Reference, RotationEvent } from '@keytrail/contracts';
import { rotationStream } from '@keytrail/contracts';
import { execute, type Executed, fold, type Journal, type Recorded, type RequestFacts } from '@keytrail/eventsourcing';
import type { DatabaseTransaction } from '@keytrail/postgres';
import {
  type RotationCommand,
  rotationDecider,
  type RotationRejection,
  type RotationState,
  startsAt,
} from './rotation.decider.js';
import type { RotationRows, RotationStore } from './rotation.store.js';
import { describeLatestRun, describePolicy } from './rotation.view.js';

export type RotationJournal = Journal<DatabaseTransaction>;
export type RotationHistory = readonly Recorded<RotationEvent>[];

/** Which secret's rotation is changed, for whom, and the revision that the caller insists on. */
export interface RotationTarget {
  readonly reference: Reference;
  readonly facts: RequestFacts;
  readonly expectedRevision?: number | undefined;
}

export class RotationStreams {
  private readonly run;

  constructor(
    private readonly journal: RotationJournal,
    private readonly store: Pick<RotationStore, 'save'>,
  ) {
    this.run = execute(rotationDecider, journal);
  }

  async load(reference: Reference): Promise<RotationHistory> {
    return this.journal.load<RotationEvent>(rotationStream(reference));
  }

  /** Runs the command that `gather` makes of the facts, as `execute` of the kernel does. */
  change(
    { reference, facts, expectedRevision }: RotationTarget,
    gather: () => RotationCommand | Promise<RotationCommand>,
  ): Promise<Executed<RotationEvent, RotationRejection>> {
    const target = { stream: rotationStream(reference), aggregate: 'rotation', subject: reference, facts };
    return this.run({ ...target, ...(expectedRevision !== undefined && { expectedRevision }) }, async (_, history) => ({
      command: await gather(),
      alongside: (tx, recorded) => this.store.save(tx, rowsOf(reference, [...history, ...recorded])),
    }));
  }
}

export const stateOf = (history: RotationHistory): RotationState =>
  fold(
    rotationDecider,
    history.map(({ event }) => event),
  );

function rowsOf(reference: Reference, history: RotationHistory): RotationRows {
  return {
    reference,
    revision: history.length,
    policy: describePolicy(reference, history),
    run: describeLatestRun(reference, history),
    startsAt: startsAt(stateOf(history)),
  };
}
