/** The parts of the audit that Nest wires. */
import { Decisions } from '@keytrail/access';
import type { Database } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import { ParkedRpc, Reader } from '@keytrail/service';
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { MikroORM } from '@mikro-orm/postgresql';
import { AccessStore } from './access/access.store.js';
import { Drafts } from './access/draft.js';
import { TryDraftHandler } from './access/what-if.handler.js';
import { WhatIfRpc } from './access/what-if.rpc.js';
import { auditReader } from './audit.projection.js';
import { FindAuditEventsHandler } from './event/audit-event.handler.js';
import { AuditEventRpc } from './event/audit-event.rpc.js';
import { AuditEventStore } from './event/audit-event.store.js';
import { GetSecretUsageHandler, GetSecuritySummaryHandler } from './usage/secret-usage.handler.js';
import { SecretUsageRpc } from './usage/secret-usage.rpc.js';
import { SecretUsageStore } from './usage/secret-usage.store.js';

export interface AuditParts {
  /** For questions. */
  readonly reading: MikroORM;
  /** For what the events do. */
  readonly database: Database;
  readonly log: Log;
}

@Module({})
export class AuditModule {
  static of({ reading, database, log }: AuditParts): DynamicModule {
    return {
      module: AuditModule,
      imports: [CqrsModule.forRoot()],
      controllers: [AuditEventRpc, SecretUsageRpc, WhatIfRpc, ParkedRpc],
      providers: [
        { provide: MikroORM, useValue: reading },
        AuditEventStore,
        FindAuditEventsHandler,
        SecretUsageStore,
        GetSecretUsageHandler,
        GetSecuritySummaryHandler,
        AccessStore,
        Drafts,
        TryDraftHandler,
        { provide: Decisions, useFactory: () => new Decisions() },
        {
          provide: Reader,
          inject: [AuditEventStore, SecretUsageStore],
          useFactory: (events: AuditEventStore, usages: SecretUsageStore) =>
            auditReader({ database, events, usages, log }),
        },
      ],
    };
  }
}
