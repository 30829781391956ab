/** The audit's questions about events, as they arrive over NATS. */
import type { AuditEventPage, RpcReply } from '@keytrail/contracts';
import { ListAuditEventsRequest } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, boundsOf, notACursor, ok, outOfBounds, RpcController } from '@keytrail/nats';
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
      const bounds = boundsOf(address, filter.workspace);
      if (bounds === null) return outOfBounds();
      const after = cursor === undefined ? null : placeIn(cursor);
      if (cursor !== undefined && after === null) return notACursor();
      return ok(await this.queries.execute(new FindAuditEvents({ filter: { ...filter, ...bounds }, after, limit })));
    });
  }
}
