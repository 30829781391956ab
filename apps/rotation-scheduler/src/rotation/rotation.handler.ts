/** Carries out what is asked of rotations: policies are changed, and a secret is rotated by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  DeleteRotationPolicyRequest,
  RotateSecretRequest,
  RotationId,
  RotationPolicy,
  RotationRun,
  RpcReply,
  SetRotationPolicyRequest,
} from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { factsOfChange, ok, refusal, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { plusSeconds } from './moment.js';
import type { SetPolicy } from './rotation.decider.js';
import { PARTS, type RotationParts } from './rotation.parts.js';
import { RotationRunner } from './rotation.runner.js';
import { describeLatestRun, describePolicy, policyAt } from './rotation.view.js';

/** So long before the deadline a rotation that is still running is answered as such. */
const ANSWER_MS = 250;

export type PolicyChange =
  | { readonly verb: 'set_policy'; readonly request: SetRotationPolicyRequest }
  | { readonly verb: 'delete_policy'; readonly request: DeleteRotationPolicyRequest };

/** Answers the policy that stands; null once it is deleted. */
export class ChangeRotationPolicy extends Command<RpcReply<RotationPolicy | null>> {
  constructor(
    readonly change: PolicyChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(ChangeRotationPolicy)
export class ChangeRotationPolicyHandler implements ICommandHandler<ChangeRotationPolicy> {
  constructor(@Inject(PARTS) private readonly parts: RotationParts) {}

  async execute({ change, rpc }: ChangeRotationPolicy): Promise<RpcReply<RotationPolicy | null>> {
    const { streams, store } = this.parts;
    const { reference, expectedRevision } = change.request;
    const now = await store.now();
    const facts = factsOfChange(rpc, change.request, {});
    const outcome = await streams.change({ reference, expectedRevision, facts }, () =>
      change.verb === 'set_policy' ? this.setPolicy(change.request, rpc, now) : { type: 'DeletePolicy' },
    );
    if (!outcome.ok) return refusal(outcome.rejection, 'rotation.revision_conflict');
    const policy = describePolicy(reference, outcome.history);
    return ok(policy && policyAt(policy, now));
  }

  private async setPolicy(request: SetRotationPolicyRequest, rpc: RpcRequest, now: string): Promise<SetPolicy> {
    const { reference, expectedRevision: _, nextRotationAt, ...settings } = request;
    const policy = { ...settings, nextRotationAt: nextRotationAt ?? plusSeconds(now, settings.intervalSeconds) };
    return { type: 'SetPolicy', policy, secret: await this.parts.vault.statusOf(reference, rpc) };
  }
}

/** Answers the run: as it ended, or as it stands when the deadline is near. */
export class RotateSecret extends Command<RpcReply<RotationRun>> {
  constructor(
    readonly request: RotateSecretRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(RotateSecret)
export class RotateSecretHandler implements ICommandHandler<RotateSecret> {
  constructor(
    @Inject(PARTS) private readonly parts: RotationParts,
    private readonly runner: RotationRunner,
  ) {}

  async execute({ request, rpc }: RotateSecret): Promise<RpcReply<RotationRun>> {
    const { streams, store, vault } = this.parts;
    const { reference, handler } = request;
    const rotationId = uuidv7() as RotationId;
    const outcome = await streams.change({ reference, facts: factsOfChange(rpc, request, {}) }, async () => ({
      type: 'StartRotation',
      rotationId,
      ...(handler && { handler }),
      secret: await vault.statusOf(reference, rpc),
    }));
    if (!outcome.ok) return refusal(outcome.rejection, 'rotation.revision_conflict');
    const started = describeLatestRun(reference, outcome.history) as RotationRun;
    await within(rpc.deadlineMs - Date.now() - ANSWER_MS, this.runner.drive({ reference, attempts: 0 }));
    const [run] = await store.findRuns({ id: started.id, after: null, limit: 1 });
    return ok(run ?? started);
  }
}

/** Waits for `work`, but no longer than `ms`. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const late = sleep(Math.max(ms, 0), undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, late]);
  done.abort();
}
