/**
 * What a scraper asks, with a token of anybody, roles or none: how busy the edge is says something of its users.
 */
import { METRICS_TYPE } from '@keytrail/service';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';

export const getMetrics = route({
  id: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  tag: 'Gateway',
  summary: 'The gateway’s own metrics, in the text format of Prometheus; each service has its own on its health port',
  answer: z.string(),
  contentType: METRICS_TYPE,
  examples: {
    page: {
      summary: 'Two of its lines',
      answer:
        '# TYPE keytrail_http_request_seconds histogram\n' +
        'keytrail_http_request_seconds_count{route="createSecret",method="POST",status="201"} 4\n',
    },
  },
});
