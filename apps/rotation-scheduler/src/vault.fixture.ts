/**
 * Stands in for the vault: speaks its protocol on the bus, refuses what it refuses, and fails where a spec wants it to.
 */
import {
  type Code,
  GenerateSecretVersionRequest,
  GetSecretRequest,
  type Reference,
  type RpcReply,
  type SecretStatus,
} from '@keytrail/contracts';
import { answerWithin, ok, refused, RpcController, type RpcRequest, type RpcServer } from '@keytrail/nats';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';

/** `before`: nothing is done; `after`: it is done, and its answer is lost. */
export interface Trouble {
  readonly when: 'before' | 'after';
  readonly code: Code;
}

interface StoredSecret {
  status: SecretStatus;
  /** Who asked for each version; the first was there. */
  readonly versions: (string | null)[];
}

/** What the stand-in holds, and how it behaves for now. */
export class VaultState {
  private readonly secrets = new Map<Reference, StoredSecret>();
  private held: { readonly until: Promise<void>; readonly release: () => void } | null = null;
  /** Of those who want a version. */
  trouble: Trouble | null = null;
  /** Whoever asks about a secret is told to come back. */
  knowsNothing = false;

  /** Nobody who wants a version is answered until they are released. */
  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.held = { until: promise, release: resolve };
  }

  release(): void {
    this.held?.release();
    this.held = null;
  }

  async released(): Promise<void> {
    await this.held?.until;
  }

  create(reference: Reference): void {
    this.secrets.set(reference, { status: 'active', versions: [null] });
  }

  revoke(reference: Reference): void {
    const secret = this.secrets.get(reference);
    if (secret !== undefined) secret.status = 'revoked';
  }

  find(reference: Reference): StoredSecret | undefined {
    return this.secrets.get(reference);
  }

  versionsOf(reference: Reference): number {
    return this.secrets.get(reference)?.versions.length ?? 0;
  }
}

@RpcController()
class SecretResponder {
  constructor(private readonly state: VaultState) {}

  @MessagePattern('secret.get')
  get(@Payload() body: unknown, @Ctx() rpc: RpcRequest): Promise<RpcReply> {
    return answerWithin(GetSecretRequest, { body, rpc }, async ({ reference }) => {
      if (this.state.knowsNothing) return refused('service.unavailable', 'in trouble');
      const secret = this.state.find(reference);
      return secret ? ok({ reference, status: secret.status }) : notFound;
    });
  }

  @MessagePattern('secret.generate_version')
  generate(@Payload() body: unknown, @Ctx() rpc: RpcRequest): Promise<RpcReply> {
    return answerWithin(GenerateSecretVersionRequest, { body, rpc }, async ({ reference, rotationId }) => {
      await this.state.released();
      const { trouble } = this.state;
      if (trouble?.when === 'before') return refused(trouble.code, 'in trouble');
      const secret = this.state.find(reference);
      if (secret === undefined) return notFound;
      if (!secret.versions.includes(rotationId)) {
        if (secret.status === 'revoked') return refused('secret.revoked', 'the secret is revoked');
        secret.versions.push(rotationId);
      }
      if (trouble?.when === 'after') return refused(trouble.code, 'in trouble');
      return ok({ reference, currentVersion: secret.versions.indexOf(rotationId) + 1 });
    });
  }
}

const notFound = refused('secret.not_found', 'there is no secret of this reference');

@Module({})
class StandInModule {}

/** Answers as the vault, by a server that knows its door, until it is stopped; `state` is the spec's to change. */
export async function standInForVault(strategy: RpcServer, state: VaultState) {
  const module = {
    module: StandInModule,
    controllers: [SecretResponder],
    providers: [{ provide: VaultState, useValue: state }],
  };
  const app = await NestFactory.createMicroservice(module, { strategy, logger: false });
  await app.listen();
  return { stop: () => app.close() };
}
