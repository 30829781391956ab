/** The gateway's question before it asks another service: whoever comes this far may ask what they want to ask. */
import { DecideRequest } from '@keytrail/contracts';
import { answer, ok, RpcController } from '@keytrail/nats';
import { MessagePattern, Payload } from '@nestjs/microservices';

@RpcController()
export class DecideRpc {
  /** The answer is in being let through: see `authorization.ts`. */
  @MessagePattern('access.decide')
  decide(@Payload() body: unknown) {
    return answer(DecideRequest, body, async () => ok({}));
  }
}
