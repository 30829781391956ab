/** Answers how a secret has been used. */
import type { Reference, SecretUsage } from '@keytrail/contracts';
import type { IQueryHandler } from '@nestjs/cqrs';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { entriesThatFit } from '../event/audit-event.page.js';
import { AuditEventStore } from '../event/audit-event.store.js';
import { SecretUsageStore } from './secret-usage.store.js';

const LATEST_ITEMS = 50;

export class GetSecretUsage extends Query<SecretUsage> {
  constructor(readonly reference: Reference) {
    super();
  }
}

@QueryHandler(GetSecretUsage)
export class GetSecretUsageHandler implements IQueryHandler<GetSecretUsage> {
  constructor(
    private readonly usages: SecretUsageStore,
    private readonly events: AuditEventStore,
  ) {}

  async execute({ reference }: GetSecretUsage): Promise<SecretUsage> {
    const [usage, latest] = await Promise.all([
      this.usages.get(reference),
      this.events.latestAccesses(reference, LATEST_ITEMS),
    ]);
    return { ...usage, items: entriesThatFit(latest) };
  }
}
