/** What an orchestrator may ask, without a token. */
import { z } from 'zod';
import { route } from '../http/route-declaration.js';

export const live = route({
  id: 'live',
  method: 'GET',
  path: '/health/live',
  summary: 'The process answers',
  answer: z.strictObject({ status: z.literal('live') }),
  open: true,
});

export const ready = route({
  id: 'ready',
  method: 'GET',
  path: '/health/ready',
  summary: 'The gateway is connected to NATS; whether a service behind it works is that service’s own answer',
  answer: z.strictObject({ status: z.literal('ready') }),
  codes: ['service.unavailable'],
  open: true,
});
