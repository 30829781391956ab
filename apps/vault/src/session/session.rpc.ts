/** The door at which callers show who they are, and services ask who was let in. */
import { AuthenticateRequest, IntrospectSessionRequest, type RpcReply, SealedMessage } from '@keytrail/contracts';
import { RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { answerSystem } from '../principal/answer-system.js';
import { OpenSession } from './session.handler.js';
import { AuthenticateCaller, IntrospectSession } from './session.query.js';

@RpcController()
export class SessionRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** Needs no session; its reply is sealed under the keys that the set-up agreed on. */
  @MessagePattern('session.open')
  open(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(
      SealedMessage,
      { body, rpc },
      (message) => this.commands.execute(new OpenSession(message, rpc)) as Promise<RpcReply>,
    );
  }

  @MessagePattern('session.authenticate')
  authenticate(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(AuthenticateRequest, { body, rpc }, (request) =>
      this.queries.execute(new AuthenticateCaller(request, rpc)),
    );
  }

  @MessagePattern('session.introspect')
  introspect(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(IntrospectSessionRequest, { body, rpc }, (request) =>
      this.queries.execute(new IntrospectSession(request, rpc)),
    );
  }
}
