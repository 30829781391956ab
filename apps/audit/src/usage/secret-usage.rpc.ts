/** The audit's questions about the use of secrets, as they arrive over NATS. */
import type { RpcReply, SecretUsage, SecuritySummary } from '@keytrail/contracts';
import { GetSecretUsageRequest, GetSecuritySummaryRequest, partsOf } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, boundsOf, confinedTo, notACursor, ok, outOfBounds, RpcController } from '@keytrail/nats';
import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { GetSecretUsage, GetSecuritySummary, referenceIn } from './secret-usage.handler.js';

@RpcController()
export class SecretUsageRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('usage.get')
  get(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<SecretUsage>> {
    return answer(GetSecretUsageRequest, body, async ({ reference }) => {
      const bounds = confinedTo(address);
      if (bounds !== undefined && partsOf(reference).workspace !== bounds) return outOfBounds();
      return ok(await this.queries.execute(new GetSecretUsage(reference)));
    });
  }

  @MessagePattern('usage.summary')
  summary(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<SecuritySummary>> {
    return answer(GetSecuritySummaryRequest, body, async ({ cursor, limit, workspace: asked }) => {
      const bounds = boundsOf(address, asked);
      if (bounds === null) return outOfBounds();
      const after = cursor === undefined ? null : referenceIn(cursor);
      if (cursor !== undefined && after === null) return notACursor();
      return ok(await this.queries.execute(new GetSecuritySummary({ ...bounds, after, limit })));
    });
  }
}
