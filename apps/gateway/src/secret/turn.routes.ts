/** What the API says of switching secrets off and on, of deleting them and bringing them back: nothing is destroyed. */
import { SecretDescription, TurnSecretRequest } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { ABSENT_REFERENCE, REFERENCE, ROTATED_AT, SECOND_REFERENCE, secretDescription } from '../story.js';
import { SecretPath } from './secret.routes.js';

const Turn = TurnSecretRequest.omit({ reference: true, expectedRevision: true }).default({});

const change = [
  'secret.not_found',
  'secret.revision_conflict',
  'request.command_id_reused',
  'journal.unavailable',
] as const;

const turned = { ...secretDescription, updatedAt: ROTATED_AT };
const absent = {
  summary: 'A secret that does not exist',
  params: { ref: ABSENT_REFERENCE },
  refusal: { code: 'secret.not_found', detail: 'there is no secret of this reference: create it first' },
} as const;
const stale = {
  params: { ref: REFERENCE },
  headers: { 'If-Match': '"99"' },
  refusal: { code: 'secret.revision_conflict', detail: 'the secret does not stand at this revision: read it again' },
} as const;

export const disableSecret = route({
  id: 'disableSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/disable',
  tag: 'Secrets',
  summary: 'Switch a secret off; once answered, nobody obtains it, and it is not rotated',
  params: SecretPath,
  body: Turn,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: ['secret.deleted', ...change],
  examples: {
    unused: {
      summary: 'A key that nobody should need for now',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'switch-off-openai' },
      body: { reason: 'the job that used it is paused' },
      answer: { ...turned, status: 'disabled', revision: 2 },
    },
    stale: { ...stale, summary: 'A change that is based on another revision' },
    absent,
  },
});

export const enableSecret = route({
  id: 'enableSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/enable',
  tag: 'Secrets',
  summary: 'Switch a secret on again',
  params: SecretPath,
  body: Turn,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: ['secret.deleted', ...change],
  examples: {
    again: {
      summary: 'A key that is needed again, without a word',
      params: { ref: REFERENCE },
      answer: { ...turned, revision: 3 },
    },
    absent,
  },
});

export const deleteSecret = route({
  id: 'deleteSecret',
  method: 'DELETE',
  path: '/api/v1/secrets/{ref}',
  tag: 'Secrets',
  summary: 'Delete a secret; once answered, nobody obtains it or changes it, until somebody undeletes it',
  params: SecretPath,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: change,
  examples: {
    unwanted: {
      summary: 'A key of an account that was closed',
      params: { ref: SECOND_REFERENCE },
      headers: { 'Idempotency-Key': 'delete-anthropic' },
      answer: {
        ...turned,
        id: '019c13ec-9e00-7f28-8d15-3e7a9b0c2d46',
        reference: SECOND_REFERENCE,
        provider: 'anthropic',
        status: 'deleted',
        revision: 2,
      },
    },
    stale: { ...stale, summary: 'A deletion that is based on another revision' },
    absent,
  },
});

export const undeleteSecret = route({
  id: 'undeleteSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/undelete',
  tag: 'Secrets',
  summary: 'Bring a deleted secret back, as it was',
  params: SecretPath,
  body: Turn,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: change,
  examples: {
    regretted: {
      summary: 'A key that was deleted by mistake; of one that was not, nothing changes',
      params: { ref: REFERENCE },
      body: { reason: 'it was deleted by mistake' },
      answer: { ...turned, revision: 3 },
    },
    absent,
  },
});
