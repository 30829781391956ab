/** Answers what may be shown of a secret. */
import type { Reference, RpcReply, SecretDescription, SecretEvent } from '@keytrail/contracts';
import { secretStream } from '@keytrail/contracts';
import { ok, refused } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { describeSecret } from './secret.view.js';

export class DescribeSecret extends Query<RpcReply<SecretDescription>> {
  constructor(readonly reference: Reference) {
    super();
  }
}

@QueryHandler(DescribeSecret)
export class DescribeSecretHandler implements IQueryHandler<DescribeSecret> {
  constructor(@Inject(JOURNAL) private readonly journal: VaultJournal) {}

  async execute({ reference }: DescribeSecret): Promise<RpcReply<SecretDescription>> {
    const secret = describeSecret(reference, await this.journal.load<SecretEvent>(secretStream(reference)), Date.now());
    return secret === null ? refused('secret.not_found', 'there is no secret of this reference') : ok(secret);
  }
}
