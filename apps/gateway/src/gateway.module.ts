/** The composition root. */
import type { HealthCheck, Log, Metrics } from '@keytrail/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { ExplainController } from './access/explain.controller.js';
import { GrantController } from './access/grant.controller.js';
import { PolicyController } from './access/policy.controller.js';
import { PrincipalController } from './access/principal.controller.js';
import { TokenController } from './access/token.controller.js';
import { LOG, WhatIfController } from './access/what-if.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { FindingController } from './finding/finding.controller.js';
import { HEALTH_CHECKS, HealthController } from './health/health.controller.js';
import { SealingKeyController } from './key/sealing-key.controller.js';
import { METRICS, MetricsController } from './metrics/metrics.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { ParkedController } from './parked/parked.controller.js';
import { RotationController } from './rotation/rotation.controller.js';
import { Sealing } from './rpc/sealing.js';
import { Upstream } from './rpc/upstream.js';
import { SecretController } from './secret/secret.controller.js';
import { WorkspaceController } from './workspace/workspace.controller.js';

export interface GatewayParts {
  readonly upstream: Upstream;
  readonly sealing: Sealing;
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly log: Log;
}

@Module({
  controllers: [
    WorkspaceController,
    SecretController,
    SealingKeyController,
    PrincipalController,
    TokenController,
    GrantController,
    PolicyController,
    ExplainController,
    WhatIfController,
    RotationController,
    AuditController,
    FindingController,
    ParkedController,
    OpenApiController,
    HealthController,
    MetricsController,
  ],
})
export class GatewayModule {
  static of({ upstream, sealing, checks, metrics, log }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: Upstream, useValue: upstream },
        { provide: Sealing, useValue: sealing },
        { provide: HEALTH_CHECKS, useValue: checks },
        { provide: METRICS, useValue: metrics },
        { provide: LOG, useValue: log },
      ],
    };
  }
}
