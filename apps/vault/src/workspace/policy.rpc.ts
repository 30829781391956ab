/** The door of a workspace's policies on NATS. */
import { checkDocument } from '@keytrail/access';
import {
  CheckPolicyRequest,
  GetPolicyRequest,
  ListPoliciesRequest,
  PublishPolicyRequest,
  WithdrawPolicyRequest,
} from '@keytrail/contracts';
import { answer, ok, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ChangePolicy, GetPolicy, ListPolicies } from './policy.handler.js';

@RpcController()
export class PolicyRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('policy.publish')
  publish(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(PublishPolicyRequest, body, (request) =>
      this.commands.execute(new ChangePolicy({ verb: 'publish', request }, rpc)),
    );
  }

  @MessagePattern('policy.withdraw')
  withdraw(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(WithdrawPolicyRequest, body, (request) =>
      this.commands.execute(new ChangePolicy({ verb: 'withdraw', request }, rpc)),
    );
  }

  @MessagePattern('policy.check')
  check(@Payload() body: unknown, @Ctx() { address: { workspace }, deadlineMs }: RpcRequest) {
    return answer(CheckPolicyRequest, body, async ({ source }) =>
      ok(await checkDocument(source, workspace, deadlineMs)),
    );
  }

  @MessagePattern('policy.list')
  list(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(ListPoliciesRequest, body, () => this.queries.execute(new ListPolicies(address.workspace)));
  }

  @MessagePattern('policy.get')
  get(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(GetPolicyRequest, body, (request) => this.queries.execute(new GetPolicy(address.workspace, request)));
  }
}
