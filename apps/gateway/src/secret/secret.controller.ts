/** Secrets over HTTP. */
import {
  isValueTooLarge,
  LIMITS,
  partsOf,
  type Reference,
  type SealedMessage,
  type SecretDescription,
  type SecretValue,
} from '@keytrail/contracts';
import { SEALED_FOR, SecretBytes } from '@keytrail/crypto';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Refusal } from '../http/problem.js';
import { Route } from '../http/route.js';
import { Sealing } from '../rpc/sealing.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { quarantineSecret, releaseSecret } from './quarantine.routes.js';
import { addSecretVersion, createSecret, getSecret, revokeSecret } from './secret.routes.js';
import { deleteSecret, disableSecret, enableSecret, undeleteSecret } from './turn.routes.js';

@Controller()
export class SecretController {
  constructor(
    private readonly upstream: Upstream,
    private readonly sealing: Sealing,
  ) {}

  @Route(createSecret)
  create(call: Call<typeof createSecret>): Promise<SecretDescription> {
    const { value, sealedValue, ...rest } = call.body;
    return this.store({ reference: rest.reference, value, sealedValue }, (sealed) =>
      this.upstream.ask(call, secret('create', { ...rest, sealedValue: sealed })),
    );
  }

  @Route(getSecret)
  get(call: Call<typeof getSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('get', { reference: call.params.ref }));
  }

  @Route(addSecretVersion)
  addVersion(call: Call<typeof addSecretVersion>): Promise<SecretDescription> {
    const { value, sealedValue, ...rest } = changeOf(call);
    return this.store({ reference: rest.reference, value, sealedValue }, (sealed) =>
      this.upstream.ask(call, secret('add_version', { ...rest, sealedValue: sealed })),
    );
  }

  @Route(revokeSecret)
  revoke(call: Call<typeof revokeSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('revoke', changeOf(call)));
  }

  @Route(disableSecret)
  disable(call: Call<typeof disableSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('disable', changeOf(call)));
  }

  @Route(enableSecret)
  enable(call: Call<typeof enableSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('enable', changeOf(call)));
  }

  @Route(deleteSecret)
  delete(call: Call<typeof deleteSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('delete', changeOf(call)));
  }

  @Route(undeleteSecret)
  undelete(call: Call<typeof undeleteSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('undelete', changeOf(call)));
  }

  @Route(quarantineSecret)
  quarantine(call: Call<typeof quarantineSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('quarantine', changeOf(call)));
  }

  @Route(releaseSecret)
  release(call: Call<typeof releaseSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('release', changeOf(call)));
  }

  /** Sends a value on: sealed it came, or is sealed now. */
  private async store(
    { reference, value, sealedValue }: GivenValue,
    send: (sealed: SealedMessage) => Promise<SecretDescription>,
  ): Promise<SecretDescription> {
    if (sealedValue !== undefined) return send(sealedValue);
    if (value === undefined) throw new Error('a route has let a body without a value pass');
    if (isValueTooLarge(value))
      throw new Refusal('request.too_large', `value has more than ${LIMITS.secretValueBytes} bytes`);
    using plaintext = bytesOf(value);
    return await this.sealing.carry(plaintext.bytes, { purpose: SEALED_FOR.value, context: [reference] }, send);
  }
}

interface GivenValue {
  readonly reference: Reference;
  readonly value: SecretValue | undefined;
  readonly sealedValue: SealedMessage | undefined;
}

/** To switch a secret off or on, or to bring it back, takes what it takes to revoke it. */
type Change =
  typeof addSecretVersion | typeof revokeSecret | typeof deleteSecret | typeof quarantineSecret | typeof releaseSecret;

/** The request of the wire, whose parts stand in three places of the HTTP request. */
function changeOf<R extends Change>({ params, body, expectedRevision }: Call<R>) {
  return { reference: params.ref, ...body, ...(expectedRevision === undefined ? {} : { expectedRevision }) };
}

/** Of the secret's own workspace. */
function secret(verb: string, body: { readonly reference: Reference; readonly [member: string]: unknown }): Question {
  return { service: 'vault', workspace: partsOf(body.reference).workspace, aggregate: 'secret', verb, body };
}

/** The text itself cannot be zeroed; its bytes can. */
function bytesOf(value: SecretValue): SecretBytes {
  return SecretBytes.take('text' in value ? Buffer.from(value.text) : Buffer.from(value.base64, 'base64'));
}
