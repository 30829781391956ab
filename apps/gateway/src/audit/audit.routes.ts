/** What the API says of the audit. */
import {
  AuditEventPage,
  GetSecuritySummaryRequest,
  ListAuditEventsRequest,
  SecretUsage,
  SecuritySummary,
} from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { SecretPath } from '../secret/secret.routes.js';
import { accessEntry, REFERENCE, secretSecurity, secretUsage, WORKSPACE } from '../story.js';

export const listAuditEvents = route({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/api/v1/audit/events',
  tag: 'Audit',
  summary: 'Find events, newest first, a page at a time',
  query: ListAuditEventsRequest,
  answer: AuditEventPage,
  codes: ['request.too_large', 'journal.unavailable'],
  examples: {
    accesses: {
      summary: 'Who has obtained a key',
      query: { action: 'decrypt', reference: REFERENCE, workspace: WORKSPACE, limit: 10 },
      answer: { items: [accessEntry], nextCursor: null },
    },
    refusals: {
      summary: 'What has failed in all workspaces since the year began',
      query: { outcome: 'failure', from: '2026-01-01T00:00:00.000Z' },
      answer: { items: [], nextCursor: null },
    },
  },
});

export const getSecretUsage = route({
  id: 'getSecretUsage',
  method: 'GET',
  path: '/api/v1/secrets/{ref}/accesses',
  tag: 'Secrets',
  summary: 'Tell how often a secret was used, when last and by whom, with its latest accesses',
  params: SecretPath,
  answer: SecretUsage,
  codes: ['journal.unavailable'],
  examples: {
    used: { summary: 'A secret that was used', params: { ref: REFERENCE }, answer: secretUsage },
  },
});

export const getSecuritySummary = route({
  id: 'getSecuritySummary',
  method: 'GET',
  path: '/api/v1/security/summary',
  tag: 'Audit',
  summary: 'Show each secret at a glance: its accesses of the last 24 hours, its last use, its anomalies',
  query: GetSecuritySummaryRequest,
  answer: SecuritySummary,
  codes: ['journal.unavailable'],
  examples: {
    workspace: {
      summary: "One workspace's secrets",
      query: { workspace: WORKSPACE },
      answer: { items: [secretSecurity], nextCursor: null },
    },
  },
});
