/** The door on NATS at which decisions are explained. */
import { ExplainRequest } from '@keytrail/contracts';
import { answer, RpcController, type RpcRequest } from '@keytrail/nats';
import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ExplainAccess } from './explain.query.js';

@RpcController()
export class ExplainRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('access.explain')
  explain(@Payload() body: unknown, @Ctx() { address }: RpcRequest) {
    return answer(ExplainRequest, body, (request) =>
      this.queries.execute(new ExplainAccess(address.workspace, request)),
    );
  }
}
