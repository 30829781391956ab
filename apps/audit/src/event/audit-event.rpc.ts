/** The audit's questions about events, as they arrive over NATS. */
import type { AuditEventPage, RpcReply } from '@keytrail/contracts';
import { ListAuditEventsRequest } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, confinedTo, ok, outOfBounds, refused, RpcController } from '@keytrail/nats';
import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { FindAuditEvents } from './audit-event.handler.js';
import { placeIn } from './audit-event.page.js';

@RpcController()
export class AuditEventRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('event.list')
  list(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<AuditEventPage>> {
    return answer(ListAuditEventsRequest, body, async ({ cursor, limit, ...filter }) => {
      const bounds = confinedTo(address);
      const workspace = filter.workspace ?? bounds;
      if (bounds !== undefined && workspace !== bounds) return outOfBounds();
      const after = cursor === undefined ? null : placeIn(cursor);
      if (cursor !== undefined && after === null)
        return refused('request.malformed', 'cursor is not one of an earlier page: begin without one');
      return ok(await this.queries.execute(new FindAuditEvents({ filter: { ...filter, workspace }, after, limit })));
    });
  }
}
