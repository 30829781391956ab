/** The rotation's door on NATS: policies, what is due, runs. */
import {
  DeleteRotationPolicyRequest,
  GetRotationPolicyRequest,
  GetRotationRunRequest,
  ListDueRotationsRequest,
  ListRotationPoliciesRequest,
  ListRotationRunsRequest,
  RotateSecretRequest,
  type RotationPolicyPage,
  type RpcReply,
  SetRotationPolicyRequest,
} from '@keytrail/contracts';
import {
  answer,
  answerWithin,
  boundsOf,
  confinedTo,
  notACursor,
  ok,
  outOfBounds,
  refused,
  RpcController,
  type RpcRequest,
} from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { ChangeRotationPolicy, RotateSecret } from './rotation.handler.js';
import { PLACES, placeIn } from './rotation.page.js';
import { FindRotationPolicies, FindRotationRuns } from './rotation.query.js';

@RpcController()
export class RotationRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('rotation.set_policy')
  setPolicy(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(SetRotationPolicyRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeRotationPolicy({ verb: 'set_policy', request }, rpc)),
    );
  }

  @MessagePattern('rotation.delete_policy')
  deletePolicy(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(DeleteRotationPolicyRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeRotationPolicy({ verb: 'delete_policy', request }, rpc)),
    );
  }

  @MessagePattern('rotation.start')
  start(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(RotateSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new RotateSecret(request, rpc)),
    );
  }

  @MessagePattern('rotation.get_policy')
  getPolicy(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(GetRotationPolicyRequest, { body, rpc }, async ({ reference }) => {
      const { items } = await this.queries.execute(
        new FindRotationPolicies({ reference, due: false, after: null, limit: 1 }),
      );
      const [policy] = items;
      return policy ? ok(policy) : refused('rotation.policy_not_found', 'this secret has no rotation policy: set one');
    });
  }

  @MessagePattern('rotation.list_policies')
  listPolicies(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return this.policies(ListRotationPoliciesRequest, { body, rpc, due: false });
  }

  @MessagePattern('rotation.list_due')
  listDue(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return this.policies(ListDueRotationsRequest, { body, rpc, due: true });
  }

  @MessagePattern('rotation.list_runs')
  listRuns(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(ListRotationRunsRequest, body, async ({ cursor, limit, ...filter }) => {
      const bounds = boundsOf(address, filter.workspace);
      if (bounds === null) return outOfBounds();
      const after = cursor === undefined ? null : placeIn(cursor, PLACES.runs);
      if (cursor !== undefined && after === null) return notACursor();
      return ok(await this.queries.execute(new FindRotationRuns({ ...filter, ...bounds, after, limit })));
    });
  }

  @MessagePattern('rotation.get_run')
  getRun(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(GetRotationRunRequest, body, async ({ id }) => {
      const search = { id, workspace: confinedTo(address), after: null, limit: 1 };
      const { items } = await this.queries.execute(new FindRotationRuns(search));
      const [run] = items;
      return run ? ok(run) : refused('rotation.run_not_found', 'there is no rotation of this id');
    });
  }

  private policies(
    schema: typeof ListRotationPoliciesRequest,
    { body, rpc, due }: { readonly body: unknown; readonly rpc: RpcRequest; readonly due: boolean },
  ): Promise<RpcReply<RotationPolicyPage>> {
    return answer(schema, body, async ({ cursor, limit, workspace }) => {
      const bounds = boundsOf(rpc.address, workspace);
      if (bounds === null) return outOfBounds();
      const list: z.ZodType<readonly string[]> = due ? PLACES.due : PLACES.policies;
      const after = cursor === undefined ? null : placeIn(cursor, list);
      if (cursor !== undefined && after === null) return notACursor();
      return ok(await this.queries.execute(new FindRotationPolicies({ ...bounds, due, after, limit })));
    });
  }
}
