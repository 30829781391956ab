/** Secrets over HTTP. */
import {
  isValueTooLarge,
  LIMITS,
  partsOf,
  type Reference,
  type SecretDescription,
  type SecretValue,
} from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Refusal } from '../http/problem.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { addSecretVersion, createSecret, getSecret, revokeSecret } from './secret.routes.js';

@Controller()
export class SecretController {
  constructor(private readonly upstream: Upstream) {}

  @Route(createSecret)
  async create(call: Call<typeof createSecret>): Promise<SecretDescription> {
    refuseTooLarge(call.body.value);
    return this.upstream.ask(call, secret('create', call.body));
  }

  @Route(getSecret)
  get(call: Call<typeof getSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('get', { reference: call.params.ref }));
  }

  @Route(addSecretVersion)
  async addVersion(call: Call<typeof addSecretVersion>): Promise<SecretDescription> {
    refuseTooLarge(call.body.value);
    return this.upstream.ask(call, secret('add_version', changeOf(call)));
  }

  @Route(revokeSecret)
  revoke(call: Call<typeof revokeSecret>): Promise<SecretDescription> {
    return this.upstream.ask(call, secret('revoke', changeOf(call)));
  }
}

type Change = Call<typeof addSecretVersion> | Call<typeof revokeSecret>;

/** The request of the wire, whose parts stand in three places of the HTTP request. */
function changeOf({ params, body, expectedRevision }: Change): { readonly reference: Reference } {
  return { reference: params.ref, ...body, ...(expectedRevision === undefined ? {} : { expectedRevision }) };
}

function secret(verb: string, body: { readonly reference: Reference }): Question {
  return { service: 'vault', workspace: partsOf(body.reference).workspace, aggregate: 'secret', verb, body };
}

function refuseTooLarge(value: SecretValue): void {
  if (isValueTooLarge(value))
    throw new Refusal('request.too_large', `value has more than ${LIMITS.secretValueBytes} bytes`);
}
