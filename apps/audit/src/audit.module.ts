/** The parts of the audit that Nest wires. */
import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { MikroORM } from '@mikro-orm/postgresql';
import { FindAuditEventsHandler } from './event/audit-event.handler.js';
import { AuditEventRpc } from './event/audit-event.rpc.js';
import { AuditEventStore } from './event/audit-event.store.js';
import { GetSecretUsageHandler } from './usage/secret-usage.handler.js';
import { SecretUsageRpc } from './usage/secret-usage.rpc.js';
import { SecretUsageStore } from './usage/secret-usage.store.js';

@Module({})
export class AuditModule {
  static of(orm: MikroORM): DynamicModule {
    return {
      module: AuditModule,
      imports: [CqrsModule.forRoot()],
      controllers: [AuditEventRpc, SecretUsageRpc],
      providers: [
        { provide: MikroORM, useValue: orm },
        AuditEventStore,
        FindAuditEventsHandler,
        SecretUsageStore,
        GetSecretUsageHandler,
      ],
    };
  }
}
