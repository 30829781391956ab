/** The vault's composition root: which parts there are, and what they are handed. */
import type { AccessJournal } from '@keytrail/eventsourcing';
import type { Database } from '@keytrail/postgres';
import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessCache } from './access/access.cache.js';
import { ObtainSecretHandler } from './access/access.handler.js';
import { AccessRpc } from './access/access.rpc.js';
import { Keyring } from './key/keyring.js';
import { ChangeSecretHandler } from './secret/secret.handler.js';
import { DescribeSecretHandler } from './secret/secret.query.js';
import { SecretRpc } from './secret/secret.rpc.js';
import { ACCESS_JOURNAL, DATABASE, JOURNAL, type VaultJournal } from './vault.ports.js';
import { CreateWorkspaceHandler } from './workspace/workspace.handler.js';
import { WorkspaceRpc } from './workspace/workspace.rpc.js';

export interface VaultParts {
  readonly database: Database;
  readonly journal: VaultJournal;
  readonly accessJournal: AccessJournal;
  readonly keyring: Keyring;
}

@Module({})
export class VaultModule {
  static with({ database, journal, accessJournal, keyring }: VaultParts): DynamicModule {
    return {
      module: VaultModule,
      imports: [CqrsModule.forRoot()],
      controllers: [WorkspaceRpc, SecretRpc, AccessRpc],
      providers: [
        { provide: DATABASE, useValue: database },
        { provide: JOURNAL, useValue: journal },
        { provide: ACCESS_JOURNAL, useValue: accessJournal },
        { provide: Keyring, useValue: keyring },
        AccessCache,
        CreateWorkspaceHandler,
        ChangeSecretHandler,
        DescribeSecretHandler,
        ObtainSecretHandler,
      ],
    };
  }
}
