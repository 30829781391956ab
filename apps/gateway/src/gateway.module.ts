/** The composition root. */
import type { HealthCheck } from '@keytrail/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuditController } from './audit/audit.controller.js';
import { HEALTH_CHECKS, HealthController } from './health/health.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { Upstream } from './rpc/upstream.js';
import { SecretController } from './secret/secret.controller.js';
import { WorkspaceController } from './workspace/workspace.controller.js';

export interface GatewayParts {
  readonly upstream: Upstream;
  readonly checks: readonly HealthCheck[];
}

@Module({ controllers: [WorkspaceController, SecretController, AuditController, OpenApiController, HealthController] })
export class GatewayModule {
  static of({ upstream, checks }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: Upstream, useValue: upstream },
        { provide: HEALTH_CHECKS, useValue: checks },
      ],
    };
  }
}
