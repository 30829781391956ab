/** The route of the document that describes all routes. */
import { z } from 'zod';
import { route } from '../http/route-declaration.js';

export const getOpenApi = route({
  id: 'getOpenApi',
  method: 'GET',
  path: '/api/openapi.json',
  tag: 'Gateway',
  summary: 'This document',
  answer: z.record(z.string(), z.unknown()),
  open: true,
  examples: {
    document: {
      summary: 'How it begins',
      answer: { openapi: '3.1.1', info: { title: 'Keytrail', version: '1' }, paths: {} },
    },
  },
});
