/** What the API says of secrets; a value goes in and never comes out. */
import {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GetSecretRequest,
  RevokeSecretRequest,
  SecretDescription,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';

/** The secret that a path names. */
export const SecretPath = z.strictObject({ ref: GetSecretRequest.shape.reference });

const change = ['request.command_id_reused', 'journal.unavailable'] as const;

export const createSecret = route({
  id: 'createSecret',
  method: 'POST',
  path: '/api/v1/secrets',
  summary: 'Store a secret with its first version',
  body: CreateSecretRequest,
  status: 201,
  answer: SecretDescription,
  etag: true,
  codes: ['workspace.not_found', 'workspace.key_exhausted', 'secret.already_exists', ...change],
});

export const getSecret = route({
  id: 'getSecret',
  method: 'GET',
  path: '/api/v1/secrets/{ref}',
  summary: 'Describe a secret and its versions, without the value',
  params: SecretPath,
  answer: SecretDescription,
  etag: true,
  codes: ['workspace.not_found', 'secret.not_found', 'journal.unavailable'],
});

export const addSecretVersion = route({
  id: 'addSecretVersion',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/versions',
  summary: 'Store a new version, which becomes the current one',
  params: SecretPath,
  body: AddSecretVersionRequest.omit({ reference: true, expectedRevision: true }),
  status: 201,
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: ['workspace.not_found', 'workspace.key_exhausted', 'secret.not_found', 'secret.revision_conflict', ...change],
});

export const revokeSecret = route({
  id: 'revokeSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/revoke',
  summary: 'Revoke every version that exists; once answered, none of them is released',
  params: SecretPath,
  body: RevokeSecretRequest.omit({ reference: true, expectedRevision: true }).default({}),
  answer: SecretDescription,
  etag: true,
  ifMatch: true,
  codes: ['workspace.not_found', 'secret.not_found', 'secret.revision_conflict', ...change],
});
