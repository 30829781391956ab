/** The grants' door on NATS; each is of the workspace that its pattern names. */
import { GiveGrantRequest, ListGrantsRequest, WithdrawGrantRequest } from '@keytrail/contracts';
import { answer, confinedTo, notACursor, ok, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ChangeGrant, FindGrants } from './grant.handler.js';
import { grantPlaceIn } from './principal.page.js';

@RpcController()
export class GrantRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('grant.give')
  give(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(GiveGrantRequest, body, (request) =>
      this.commands.execute(new ChangeGrant({ verb: 'give', request }, rpc)),
    );
  }

  @MessagePattern('grant.withdraw')
  withdraw(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answer(WithdrawGrantRequest, body, (request) =>
      this.commands.execute(new ChangeGrant({ verb: 'withdraw', request }, rpc)),
    );
  }

  @MessagePattern('grant.list')
  list(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(ListGrantsRequest, body, async ({ cursor, principal, limit }) => {
      const after = cursor === undefined ? null : grantPlaceIn(cursor);
      if (cursor !== undefined && after === null) return notACursor();
      const search = { workspace: confinedTo(address), principal, after, limit };
      return ok(await this.queries.execute(new FindGrants(search)));
    });
  }
}
