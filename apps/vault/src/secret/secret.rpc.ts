/** The secret's door on NATS: changes and descriptions. */
import {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GenerateSecretVersionRequest,
  GetSecretRequest,
  QuarantineSecretRequest,
  ReleaseSecretRequest,
  RevokeSecretRequest,
  TurnSecretRequest,
} from '@keytrail/contracts';
import { answerWithin, RpcController, type RpcRequest } from '@keytrail/nats';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { ChangeSecret } from './secret.handler.js';
import { DescribeSecret } from './secret.query.js';

@RpcController()
export class SecretRpc {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @MessagePattern('secret.create')
  create(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(CreateSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'create', request }, rpc)),
    );
  }

  @MessagePattern('secret.add_version')
  addVersion(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(AddSecretVersionRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'add_version', request }, rpc)),
    );
  }

  @MessagePattern('secret.generate_version')
  generateVersion(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(GenerateSecretVersionRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'generate_version', request }, rpc)),
    );
  }

  @MessagePattern('secret.revoke')
  revoke(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(RevokeSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'revoke', request }, rpc)),
    );
  }

  @MessagePattern('secret.disable')
  disable(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(TurnSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'disable', request }, rpc)),
    );
  }

  @MessagePattern('secret.enable')
  enable(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(TurnSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'enable', request }, rpc)),
    );
  }

  @MessagePattern('secret.delete')
  delete(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(TurnSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'delete', request }, rpc)),
    );
  }

  @MessagePattern('secret.undelete')
  undelete(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(TurnSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'undelete', request }, rpc)),
    );
  }

  @MessagePattern('secret.quarantine')
  quarantine(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(QuarantineSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'quarantine', request }, rpc)),
    );
  }

  @MessagePattern('secret.release')
  release(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(ReleaseSecretRequest, { body, rpc }, (request) =>
      this.commands.execute(new ChangeSecret({ verb: 'release', request }, rpc)),
    );
  }

  @MessagePattern('secret.get')
  get(@Payload() body: unknown, @Ctx() rpc: RpcRequest) {
    return answerWithin(GetSecretRequest, { body, rpc }, ({ reference }) =>
      this.queries.execute(new DescribeSecret(reference)),
    );
  }
}
