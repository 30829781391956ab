/** Carries rotations out: asks what comes next, does it, and asks again until there is nothing to do. */
import type { Reference, RotationId } from '@keytrail/contracts';
import { partsOf } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { type RunCommand, startsAt } from './rotation.decider.js';
import type { RotationParts } from './rotation.parts.js';
import { afterAnswer, nextStep, waitSeconds } from './rotation.process.js';
import type { Taken } from './rotation.store.js';
import { stateOf } from './rotation.streams.js';

export class RotationRunner {
  private readonly underWay = new Set<Promise<void>>();
  private isStopping = false;

  constructor(private readonly parts: RotationParts) {}

  /**
   * Takes a secret as far as it can go now. Never rejects: what a fault interrupts is gone on with by whoever takes the
   * secret up when the lease has run out.
   */
  drive(taken: Taken): Promise<void> {
    const driving = this.advance(taken)
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'a rotation was interrupted and goes on later'))
      .finally(() => this.underWay.delete(driving));
    this.underWay.add(driving);
    return driving;
  }

  /** Lets every rotation finish the step that it is in, and gives back those that have further ones. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.underWay);
  }

  private async advance(taken: Taken): Promise<void> {
    for (;;) {
      const command = await this.next(taken);
      if (command === null) return;
      await this.record(taken.reference, command);
    }
  }

  /** What is to be recorded next; null where the secret has been let go of. */
  private async next({ reference, attempts }: Taken): Promise<RunCommand | null> {
    const { streams, store, vault, log } = this.parts;
    const history = await streams.load(reference);
    const [state, seen] = [stateOf(history), { reference, revision: history.length }];
    const step = nextStep(state, { now: await store.now(), freshId: uuidv7() as RotationId });
    if (step.type === 'rest') {
      await store.rest(seen, startsAt(state));
      return null;
    }
    if (this.isStopping) {
      await store.giveBack(seen);
      return null;
    }
    if (step.type === 'record') return step.command;
    const { rotationId, value } = step;
    const answer = await vault.generate({ reference, rotationId, value });
    const after = afterAnswer(rotationId, answer, await store.now());
    if (after.type === 'record') return after.command;
    log.warn({ rotationId, code: after.code }, 'the vault has not made the version of a rotation; it is asked again');
    await store.postpone(seen, waitSeconds(attempts));
    return null;
  }

  private async record(reference: Reference, command: RunCommand): Promise<void> {
    const { streams, principal, log, onEnded } = this.parts;
    const { rotationId } = command;
    const facts = { workspace: partsOf(reference).workspace, principal, requestId: rotationId, detail: {} };
    const outcome = await streams.change({ reference, facts }, () => command);
    if (!outcome.ok) throw new Error(`${command.type} was refused: ${outcome.rejection.message}`);
    log.info({ rotationId }, SAID[command.type]);
    if (command.type === 'CompleteRotation') onEnded?.('ok');
    if (command.type === 'FailRotation') onEnded?.(command.code);
  }
}

const SAID: Readonly<Record<RunCommand['type'], string>> = {
  StartDueRotation: 'a rotation that was due has begun',
  CompleteStep: 'the new version of a rotation is made',
  CompleteRotation: 'a rotation is completed',
  FailRotation: 'a rotation has failed',
};
