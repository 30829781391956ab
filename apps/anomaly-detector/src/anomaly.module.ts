/** The anomaly-detector's composition root: which parts there are, and what they are handed. */
import type { Database } from '@keytrail/postgres';
import { ParkedRpc, Reader } from '@keytrail/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { DATABASE } from './anomaly.ports.js';
import { FindFindingsHandler, GetFindingHandler } from './finding/finding.query.js';
import { FindingRpc } from './finding/finding.rpc.js';

export interface AnomalyParts {
  /** For questions. */
  readonly database: Database;
  /** What follows the vault. */
  readonly reader: Reader;
}

@Module({})
export class AnomalyModule {
  static with({ database, reader }: AnomalyParts): DynamicModule {
    return {
      module: AnomalyModule,
      imports: [CqrsModule.forRoot()],
      controllers: [FindingRpc, ParkedRpc],
      providers: [
        { provide: DATABASE, useValue: database },
        { provide: Reader, useValue: reader },
        FindFindingsHandler,
        GetFindingHandler,
      ],
    };
  }
}
