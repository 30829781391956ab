/** Health over HTTP. */
import { readinessOf, type HealthCheck } from '@keytrail/service';
import { Controller, Inject } from '@nestjs/common';
import { Refusal } from '../http/problem.js';
import { Route } from '../http/route.js';
import { live, ready } from './health.routes.js';

/** The injection token of the checks. */
export const HEALTH_CHECKS = Symbol('health checks');

@Controller()
export class HealthController {
  constructor(@Inject(HEALTH_CHECKS) private readonly checks: readonly HealthCheck[]) {}

  @Route(live)
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  @Route(ready)
  async ready(): Promise<{ readonly status: 'ready' }> {
    const { failing } = await readinessOf(this.checks);
    if (failing.length > 0) throw new Refusal('service.unavailable', `not ready: ${failing.join(', ')}`);
    return { status: 'ready' };
  }
}
