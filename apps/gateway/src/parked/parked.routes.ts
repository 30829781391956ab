/** What the API says of parked messages: events that a reader could not take in. */
import { ListParkedRequest, ParkedPage, ReplayParkedReply, ReplayParkedRequest } from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { parkedMessage } from '../story.js';

/** The services that follow others' events. */
const Reader = z.enum(['audit', 'anomaly']);

export const listParked = route({
  id: 'listParked',
  method: 'GET',
  path: '/api/v1/parked',
  tag: 'Parked messages',
  summary: 'List what a reader could not take in, by service and ordinal, a page at a time',
  query: z.strictObject({ reader: Reader, ...ListParkedRequest.shape }),
  answer: ParkedPage,
  codes: ['request.too_large', 'journal.unavailable'],
  examples: {
    ofTheAudit: {
      summary: "The vault's events that the audit could not take in",
      query: { reader: 'audit', service: 'vault' },
      answer: { items: [parkedMessage], nextCursor: null },
    },
    ofTheDetector: {
      summary: 'A reader that has taken in everything',
      query: { reader: 'anomaly' },
      answer: { items: [], nextCursor: null },
    },
  },
  links: {
    first: {
      operation: 'replayParked',
      parameters: { reader: '/items/0/reader', service: '/items/0/service', ordinal: '/items/0/ordinal' },
    },
  },
});

export const replayParked = route({
  id: 'replayParked',
  method: 'POST',
  path: '/api/v1/parked/{reader}/{service}/{ordinal}/replay',
  tag: 'Parked messages',
  summary: 'Have a reader take in a parked message, and with it what waits behind it',
  params: z.strictObject({ reader: Reader, ...ReplayParkedRequest.shape }),
  answer: ReplayParkedReply,
  codes: ['parked.not_found', 'parked.still_failing', 'journal.unavailable'],
  examples: {
    mended: {
      summary: 'A message that its reader can take in by now',
      params: { reader: 'audit', service: 'vault', ordinal: 4 },
      answer: { replayed: 1, remaining: 0 },
    },
    absent: {
      summary: 'A message that is not parked',
      params: { reader: 'anomaly', service: 'vault', ordinal: 1 },
      refusal: { code: 'parked.not_found', detail: 'no such message is parked' },
    },
  },
});
