/** What the API says of secrets; a value goes in and never comes out. */
import {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GetSecretRequest,
  RevokeSecretRequest,
  SealedMessage,
  SecretDescription,
  SecretValue,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import {
  ABSENT_REFERENCE,
  REFERENCE,
  ROTATED_AT,
  SECOND_REFERENCE,
  sealedValue,
  secretDescription,
  secretVersion,
} from '../story.js';

/** The secret that a path names. */
export const SecretPath = z.strictObject({ ref: GetSecretRequest.shape.reference });

const change = ['request.command_id_reused', 'journal.unavailable'] as const;

/** A value goes in as it is, and is sealed before it goes on, or sealed by its caller, and then it is not read here. */
function withValue<S extends z.ZodRawShape>(request: S & { readonly sealedValue: typeof SealedMessage }) {
  const { sealedValue: message, ...others } = request;
  return z
    .strictObject({ ...others, value: SecretValue.optional(), sealedValue: message.optional() })
    .refine(
      (body) => 'value' in body !== 'sealedValue' in body,
      'must have one of value and sealedValue, and not both',
    );
}

export const createSecret = route({
  id: 'createSecret',
  method: 'POST',
  path: '/api/v1/secrets',
  tag: 'Secrets',
  summary: 'Store a secret with its first version',
  body: withValue(CreateSecretRequest.shape),
  status: 201,
  answer: SecretDescription,
  etag: true,
  codes: ['workspace.not_found', 'workspace.key_exhausted', 'secret.already_exists', 'key.unknown', ...change],
  examples: {
    text: {
      summary: 'A provider key, as text',
      headers: { 'Idempotency-Key': 'store-openai-prod', 'X-Request-Id': 'deploy-42' },
      body: { reference: REFERENCE, value: { text: 'the key as the provider shows it' } },
      answer: secretDescription,
    },
    bytes: {
      summary: 'Any bytes, as base64, for a limited time',
      body: {
        reference: SECOND_REFERENCE,
        value: { base64: 'AAECAwQFBgcICQoLDA0ODw==' },
        expiresAt: '2099-12-31T23:59:59.999Z',
      },
      answer: {
        ...secretDescription,
        id: '019c13ec-9e00-7f28-8d15-3e7a9b0c2d46',
        reference: SECOND_REFERENCE,
        provider: 'anthropic',
        versions: [{ ...secretVersion, expiresAt: '2099-12-31T23:59:59.999Z' }],
      },
    },
    sealed: {
      summary: 'A value that the caller has sealed, to a key that is no longer valid',
      body: { reference: REFERENCE, sealedValue },
      refusal: { code: 'key.unknown', detail: 'this key is not one of the vault, or no longer: fetch the keys again' },
    },
    taken: {
      summary: 'A reference that is taken',
      body: { reference: REFERENCE, value: { text: 'another key' } },
      refusal: { code: 'secret.already_exists', detail: 'there is such a secret: add a version to it' },
    },
    reusedKey: {
      summary: 'An Idempotency-Key that has served another change',
      headers: { 'Idempotency-Key': 'store-openai-prod' },
      body: { reference: REFERENCE, value: { text: 'another key' } },
      refusal: {
        code: 'request.command_id_reused',
        detail: 'this Idempotency-Key has served another request: send a new one',
      },
    },
    nowhere: {
      summary: 'A workspace that does not exist',
      body: { reference: 'tenant.nowhere.openai.prod', value: { text: 'a key' } },
      refusal: { code: 'workspace.not_found', detail: 'there is no workspace nowhere: create it first' },
    },
  },
});

export const getSecret = route({
  id: 'getSecret',
  method: 'GET',
  path: '/api/v1/secrets/{ref}',
  tag: 'Secrets',
  summary: 'Describe a secret and its versions, without the value',
  params: SecretPath,
  answer: SecretDescription,
  etag: true,
  codes: ['workspace.not_found', 'secret.not_found', 'journal.unavailable'],
  examples: {
    stored: { summary: 'A secret with one version', params: { ref: REFERENCE }, answer: secretDescription },
    absent: {
      summary: 'A secret that does not exist',
      params: { ref: ABSENT_REFERENCE },
      refusal: { code: 'secret.not_found', detail: 'there is no such secret' },
    },
    impostor: {
      summary: 'A token that is not valid',
      params: { ref: REFERENCE },
      refusal: { code: 'auth.invalid', detail: 'the bearer token is not valid' },
    },
  },
});

export const addSecretVersion = route({
  id: 'addSecretVersion',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/versions',
  tag: 'Secrets',
  summary: 'Store a new version, which becomes the current one',
  params: SecretPath,
  body: withValue(AddSecretVersionRequest.omit({ reference: true, expectedRevision: true }).shape),
  status: 201,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: [
    'workspace.not_found',
    'workspace.key_exhausted',
    'secret.not_found',
    'secret.deleted',
    'secret.version_limit',
    'secret.revision_conflict',
    'key.unknown',
    ...change,
  ],
  examples: {
    guarded: {
      summary: 'A new key, unless somebody else was faster',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'renew-openai-prod', 'If-Match': '"1"' },
      body: { value: { text: 'the new key as the provider shows it' } },
      answer: {
        ...secretDescription,
        currentVersion: 2,
        revision: 2,
        updatedAt: ROTATED_AT,
        versions: [
          secretVersion,
          {
            ...secretVersion,
            version: 2,
            fingerprint: 'd7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592',
            createdAt: ROTATED_AT,
          },
        ],
      },
    },
    stale: {
      summary: 'A change that is based on an earlier revision',
      params: { ref: REFERENCE },
      headers: { 'If-Match': '"1"' },
      body: { value: { text: 'a key' } },
      refusal: { code: 'secret.revision_conflict', detail: 'the secret stands at revision 2: read it again' },
    },
  },
});

export const revokeSecret = route({
  id: 'revokeSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/revoke',
  tag: 'Secrets',
  summary: 'Revoke every version that exists; once answered, none of them is released',
  params: SecretPath,
  body: RevokeSecretRequest.omit({ reference: true, expectedRevision: true }).default({}),
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: ['workspace.not_found', 'secret.not_found', 'secret.revision_conflict', ...change],
  examples: {
    leaked: {
      summary: 'A key that was seen in public',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'incident-7' },
      body: { reason: 'seen in a public repository' },
      answer: {
        ...secretDescription,
        status: 'revoked',
        revision: 2,
        updatedAt: ROTATED_AT,
        versions: [{ ...secretVersion, status: 'revoked', revokedAt: ROTATED_AT }],
      },
    },
    withoutReason: {
      summary: 'Without a word, and without a body',
      params: { ref: SECOND_REFERENCE },
      answer: {
        ...secretDescription,
        id: '019c13ec-9e00-7f28-8d15-3e7a9b0c2d46',
        reference: SECOND_REFERENCE,
        provider: 'anthropic',
        status: 'revoked',
        revision: 2,
        updatedAt: ROTATED_AT,
        versions: [
          { ...secretVersion, status: 'revoked', expiresAt: '2099-12-31T23:59:59.999Z', revokedAt: ROTATED_AT },
        ],
      },
    },
  },
});
