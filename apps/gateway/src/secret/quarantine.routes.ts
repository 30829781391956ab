/** What the API says of the quarantine of secrets: held back from everybody or from one, and given back. */
import { QuarantineSecretRequest, ReleaseSecretRequest, SecretDescription } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { ABSENT_REFERENCE, REFERENCE, ROTATED_AT, secretDescription, SERVICE_PRINCIPAL } from '../story.js';
import { SecretPath } from './secret.routes.js';

const change = [
  'secret.not_found',
  'secret.revision_conflict',
  'request.command_id_reused',
  'journal.unavailable',
] as const;

const fromEverybody = { principal: null, until: null, releaseRequestedBy: null };
const fromOne = { principal: SERVICE_PRINCIPAL, until: '2026-03-02T13:00:00.000Z', releaseRequestedBy: null };
const changed = { ...secretDescription, updatedAt: ROTATED_AT };

export const quarantineSecret = route({
  id: 'quarantineSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/quarantine',
  tag: 'Secrets',
  summary: 'Hold a secret back, from everybody or from one; once answered, whoever is held back does not obtain it',
  params: SecretPath,
  body: QuarantineSecretRequest.omit({ reference: true }),
  answer: SecretDescription,
  etag: true,
  codes: ['secret.quarantine_limit', ...change],
  examples: {
    fromEverybody: {
      summary: 'A key that may have leaked, until somebody knows more',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'hold-openai-back' },
      body: { reason: 'it may stand in a public repository' },
      answer: { ...changed, quarantines: [fromEverybody], revision: 2 },
    },
    fromOne: {
      summary: 'For an hour, from a service that behaves strangely',
      params: { ref: REFERENCE },
      body: { principal: SERVICE_PRINCIPAL, ttlSeconds: 3_600, reason: 'it asks far too often' },
      answer: { ...changed, quarantines: [fromEverybody, fromOne], revision: 3 },
    },
    withoutReason: {
      summary: 'Without a word',
      params: { ref: REFERENCE },
      body: { reason: '' },
      refusal: { code: 'request.malformed', detail: 'reason Too small: expected string to have >=1 characters' },
    },
    absent: {
      summary: 'A secret that does not exist',
      params: { ref: ABSENT_REFERENCE },
      body: { reason: 'it may stand in a public repository' },
      refusal: { code: 'secret.not_found', detail: 'there is no secret of this reference: create it first' },
    },
  },
});

export const releaseSecret = route({
  id: 'releaseSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/release',
  tag: 'Secrets',
  summary: 'Release a secret from a quarantine; where the workspace asks for two people, the second request does',
  params: SecretPath,
  body: ReleaseSecretRequest.omit({ reference: true }).default({}),
  answer: SecretDescription,
  etag: true,
  codes: ['secret.not_quarantined', ...change],
  examples: {
    toEverybody: {
      summary: 'A false alarm',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'give-openai-back' },
      body: { reason: 'the key in the repository was another one' },
      answer: { ...changed, quarantines: [fromOne], revision: 4 },
    },
    toOne: {
      summary: 'To the one from whom it was held back',
      params: { ref: REFERENCE },
      body: { principal: SERVICE_PRINCIPAL },
      answer: { ...changed, revision: 5 },
    },
    again: {
      summary: 'A secret that is not in quarantine',
      params: { ref: REFERENCE },
      refusal: { code: 'secret.not_quarantined', detail: 'there is no such quarantine of this secret' },
    },
  },
});
