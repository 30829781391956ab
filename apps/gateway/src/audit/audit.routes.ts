/** What the API says of the audit. */
import { AuditEventPage, ListAuditEventsRequest, SecretUsage } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { SecretPath } from '../secret/secret.routes.js';

export const listAuditEvents = route({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/api/v1/audit/events',
  summary: 'Find events, newest first, a page at a time',
  query: ListAuditEventsRequest,
  answer: AuditEventPage,
  codes: ['request.too_large', 'journal.unavailable'],
});

export const getSecretUsage = route({
  id: 'getSecretUsage',
  method: 'GET',
  path: '/api/v1/secrets/{ref}/accesses',
  summary: 'Tell how often a secret was used, when last and by whom, with its latest accesses',
  params: SecretPath,
  answer: SecretUsage,
  codes: ['journal.unavailable'],
});
