/** What an orchestrator may ask, without a token. */
import { z } from 'zod';
import { route } from '../http/route-declaration.js';

export const live = route({
  id: 'live',
  method: 'GET',
  path: '/health/live',
  tag: 'Gateway',
  summary: 'The process answers',
  answer: z.strictObject({ status: z.literal('live') }),
  open: true,
  examples: { live: { summary: 'It does', answer: { status: 'live' } } },
});

export const ready = route({
  id: 'ready',
  method: 'GET',
  path: '/health/ready',
  tag: 'Gateway',
  summary: 'The gateway is connected to NATS; whether a service behind it works is that service’s own answer',
  answer: z.strictObject({ status: z.literal('ready') }),
  codes: ['service.unavailable'],
  open: true,
  examples: {
    ready: { summary: 'It is', answer: { status: 'ready' } },
  },
});
