/** Metrics over HTTP. */
import type { Metrics } from '@keytrail/service';
import { Controller, Inject } from '@nestjs/common';
import { Route } from '../http/route.js';
import { getMetrics } from './metrics.routes.js';

/** The injection token of the process's metrics. */
export const METRICS = Symbol('metrics');

@Controller()
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: Metrics) {}

  @Route(getMetrics)
  page(): Promise<string> {
    return this.metrics.page();
  }
}
