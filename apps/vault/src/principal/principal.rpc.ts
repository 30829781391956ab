/** The principal's door on NATS: registrations, roles, lists. */
import {
  BindRoleRequest,
  GetPrincipalRequest,
  ListPrincipalsRequest,
  QuarantinePrincipalRequest,
  RegisterPrincipalRequest,
  ReleasePrincipalRequest,
  SuspendPrincipalRequest,
  UnbindRoleRequest,
} from '@keytrail/contracts';
import { notACursor, ok, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { answerOfRole, answerSystem } from './answer-system.js';
import { ChangePrincipal } from './principal.handler.js';
import { placeIn } from './principal.page.js';
import { DescribePrincipal, FindPrincipals } from './principal.query.js';

@RpcController()
export class PrincipalRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('principal.register')
  register(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(RegisterPrincipalRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'register', request }, rpc)),
    );
  }

  @MessagePattern('principal.suspend')
  suspend(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(SuspendPrincipalRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'suspend', request }, rpc)),
    );
  }

  @MessagePattern('principal.quarantine')
  quarantine(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(QuarantinePrincipalRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'quarantine', request }, rpc)),
    );
  }

  @MessagePattern('principal.release')
  release(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(ReleasePrincipalRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'release', request }, rpc)),
    );
  }

  @MessagePattern('principal.bind_role')
  bindRole(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerOfRole(BindRoleRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'bind_role', request }, rpc)),
    );
  }

  @MessagePattern('principal.unbind_role')
  unbindRole(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerOfRole(UnbindRoleRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangePrincipal({ verb: 'unbind_role', request }, rpc)),
    );
  }

  @MessagePattern('principal.get')
  get(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(GetPrincipalRequest, { body, rpc }, ({ principal }) =>
      this.queries.execute(new DescribePrincipal(principal)),
    );
  }

  @MessagePattern('principal.list')
  list(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerSystem(ListPrincipalsRequest, { body, rpc }, async ({ cursor, kind, limit }) => {
      const after = cursor === undefined ? null : placeIn(cursor);
      if (cursor !== undefined && after === null) return notACursor();
      return ok(await this.queries.execute(new FindPrincipals({ kind, after, limit })));
    });
  }
}
