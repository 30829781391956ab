/** The rotation-scheduler's composition root: which parts there are, and what they are handed. */
import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { ChangeRotationPolicyHandler, RotateSecretHandler } from './rotation/rotation.handler.js';
import { PARTS, type RotationParts } from './rotation/rotation.parts.js';
import { FindRotationPoliciesHandler, FindRotationRunsHandler } from './rotation/rotation.query.js';
import { RotationRpc } from './rotation/rotation.rpc.js';
import { RotationRunner } from './rotation/rotation.runner.js';
import { RotationStore } from './rotation/rotation.store.js';

@Module({})
export class RotationModule {
  /** Lists are answered from `reading`, so that they cannot hold up what is due. */
  static with(parts: RotationParts, runner: RotationRunner, reading: RotationStore): DynamicModule {
    return {
      module: RotationModule,
      imports: [CqrsModule.forRoot()],
      controllers: [RotationRpc],
      providers: [
        { provide: PARTS, useValue: parts },
        { provide: RotationRunner, useValue: runner },
        { provide: RotationStore, useValue: reading },
        ChangeRotationPolicyHandler,
        RotateSecretHandler,
        FindRotationPoliciesHandler,
        FindRotationRunsHandler,
      ],
    };
  }
}
