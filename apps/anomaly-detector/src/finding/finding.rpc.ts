/** The detector's questions about findings, as they arrive over NATS. */
import type { Finding, FindingPage, RpcReply } from '@keytrail/contracts';
import { FindingId, GetFindingRequest, ListFindingsRequest } from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, boundsOf, confinedTo, notACursor, ok, outOfBounds, refused, RpcController } from '@keytrail/nats';
import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { FindFindings, GetFinding } from './finding.query.js';

@RpcController()
export class FindingRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('finding.list')
  list(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<FindingPage>> {
    return answer(ListFindingsRequest, body, async ({ cursor, ...filter }) => {
      const bounds = boundsOf(address, filter.workspace);
      if (bounds === null) return outOfBounds();
      const before = FindingId.safeParse(cursor).data;
      if (cursor !== undefined && before === undefined) return notACursor();
      return ok(await this.queries.execute(new FindFindings({ ...filter, ...bounds, before })));
    });
  }

  @MessagePattern('finding.get')
  get(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<Finding>> {
    return answer(GetFindingRequest, body, async ({ id }) => {
      const bounds = confinedTo(address);
      const finding = await this.queries.execute(new GetFinding(id));
      const isVisible = finding !== null && (bounds === undefined || finding.workspace === bounds);
      return isVisible ? ok(finding) : refused('finding.not_found', 'there is no such finding');
    });
  }
}
