/** The door on NATS at which drafts of policies are tried on what has happened. */
import { type RpcReply, SYSTEM_WORKSPACE, type WhatIfPage, WhatIfRequest } from '@keytrail/contracts';
import { answer, notACursor, refused, RpcController, type RpcRequest } from '@keytrail/nats';
import { QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { placeIn } from '../event/audit-event.page.js';
import { TryDraft } from './what-if.handler.js';

@RpcController()
export class WhatIfRpc {
  constructor(private readonly queries: QueryBus) {}

  @MessagePattern('access.what_if')
  whatIf(@Payload() body: unknown, @Ctx() { address, deadlineMs }: RpcRequest): Promise<RpcReply<WhatIfPage>> {
    return answer(WhatIfRequest, body, async ({ cursor, days, ...draft }) => {
      const { workspace } = address;
      if (workspace === SYSTEM_WORKSPACE) return notAWorkspace;
      const after = cursor === undefined ? null : placeIn(cursor);
      if (cursor !== undefined && after === null) return notACursor();
      return this.queries.execute(new TryDraft({ workspace, draft, days, after, deadlineMs }));
    });
  }
}

const notAWorkspace = refused(
  'request.malformed',
  'policies are those of one workspace: ask below its name instead of _system',
);
