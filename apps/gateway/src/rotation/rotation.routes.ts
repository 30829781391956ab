/** What the API says of rotation: when a secret's value is to be replaced, and how each attempt went. */
import {
  GetRotationRunRequest,
  ListDueRotationsRequest,
  ListRotationPoliciesRequest,
  ListRotationRunsRequest,
  RotateSecretRequest,
  RotationPolicy,
  RotationPolicyPage,
  RotationRun,
  RotationRunPage,
  SetRotationPolicyRequest,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { SecretPath } from '../secret/secret.routes.js';
import {
  ABSENT_REFERENCE,
  REFERENCE,
  rotationHandler,
  rotationPolicy,
  completedRun,
  SECOND_REFERENCE,
  WORKSPACE,
} from '../story.js';

const change = ['request.command_id_reused', 'journal.unavailable'] as const;

const { reference, expectedRevision, ...settings } = SetRotationPolicyRequest.shape;

export const setRotationPolicy = route({
  id: 'setRotationPolicy',
  method: 'PUT',
  path: '/api/v1/rotation/policies/{ref}',
  tag: 'Rotation',
  summary: "Make a secret's rotation policy, or replace it",
  params: SecretPath,
  // How the settings fit together is for the scheduler to judge.
  body: z.strictObject(settings),
  answer: RotationPolicy,
  etag: true,
  ifMatch: true,
  codes: ['secret.not_found', 'rotation.revision_conflict', ...change],
  examples: {
    monthly: {
      summary: 'A new random value every 30 days, announced a week before',
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'rotate-openai-monthly' },
      body: { intervalSeconds: 2_592_000, notifyBeforeSeconds: 604_800, autoRotate: true, handler: rotationHandler },
      answer: rotationPolicy,
    },
    stale: {
      summary: 'A change that is based on another revision',
      params: { ref: REFERENCE },
      headers: { 'If-Match': '"99"' },
      body: { intervalSeconds: 86_400, handler: rotationHandler },
      refusal: { code: 'rotation.revision_conflict', detail: 'the policy stands at revision 1: read it again' },
    },
  },
});

export const getRotationPolicy = route({
  id: 'getRotationPolicy',
  method: 'GET',
  path: '/api/v1/rotation/policies/{ref}',
  tag: 'Rotation',
  summary: "Show a secret's rotation policy and when it is due",
  params: SecretPath,
  answer: RotationPolicy,
  etag: true,
  codes: ['rotation.policy_not_found', 'journal.unavailable'],
  examples: {
    scheduled: { summary: 'A policy whose time has not come', params: { ref: REFERENCE }, answer: rotationPolicy },
    absent: {
      summary: 'A secret without a policy',
      params: { ref: SECOND_REFERENCE },
      refusal: { code: 'rotation.policy_not_found', detail: 'this secret has no rotation policy: set one first' },
    },
  },
});

export const deleteRotationPolicy = route({
  id: 'deleteRotationPolicy',
  method: 'DELETE',
  path: '/api/v1/rotation/policies/{ref}',
  tag: 'Rotation',
  summary: 'Delete a rotation policy; a rotation that is under way comes to its end',
  params: SecretPath,
  status: 204,
  answer: z.undefined(),
  ifMatch: true,
  codes: ['rotation.policy_not_found', 'rotation.revision_conflict', ...change],
  examples: {
    known: { summary: 'A policy that is no longer wanted', params: { ref: REFERENCE } },
    absent: {
      summary: 'A secret without a policy',
      params: { ref: SECOND_REFERENCE },
      refusal: { code: 'rotation.policy_not_found', detail: 'this secret has no rotation policy: set one first' },
    },
  },
});

export const listRotationPolicies = route({
  id: 'listRotationPolicies',
  method: 'GET',
  path: '/api/v1/rotation/policies',
  tag: 'Rotation',
  summary: 'List rotation policies by reference, a page at a time',
  query: ListRotationPoliciesRequest,
  answer: RotationPolicyPage,
  codes: ['journal.unavailable'],
  examples: {
    workspace: {
      summary: "One workspace's policies",
      query: { workspace: WORKSPACE, limit: 10 },
      answer: { items: [rotationPolicy], nextCursor: null },
    },
  },
});

export const listDueRotations = route({
  id: 'listDueRotations',
  method: 'GET',
  path: '/api/v1/rotation/due',
  tag: 'Rotation',
  summary: 'List what is soon to be rotated or overdue, the most urgent first',
  query: ListDueRotationsRequest,
  answer: RotationPolicyPage,
  codes: ['journal.unavailable'],
  examples: {
    all: {
      summary: 'In all workspaces',
      answer: { items: [{ ...rotationPolicy, autoRotate: false, status: 'overdue' }], nextCursor: null },
    },
  },
});

export const rotateSecret = route({
  id: 'rotateSecret',
  method: 'POST',
  path: '/api/v1/secrets/{ref}/rotate',
  tag: 'Rotation',
  summary:
    "Rotate a secret now, by the given handler or by its policy's; a rotation that takes longer is told as running",
  params: SecretPath,
  body: RotateSecretRequest.omit({ reference: true }).default({}),
  answer: RotationRun,
  codes: [
    'secret.not_found',
    'secret.revoked',
    'rotation.already_running',
    'rotation.handler_missing',
    'rotation.revision_conflict',
    ...change,
  ],
  examples: {
    byPolicy: {
      summary: "By the handler of the secret's policy",
      params: { ref: REFERENCE },
      headers: { 'Idempotency-Key': 'rotate-openai-now' },
      answer: completedRun,
    },
    withoutHandler: {
      summary: 'Without a policy and without a handler',
      params: { ref: SECOND_REFERENCE },
      refusal: { code: 'rotation.handler_missing', detail: 'no policy says how to rotate this secret: name a handler' },
    },
    byHandler: {
      summary: 'By a handler of its own',
      params: { ref: SECOND_REFERENCE },
      body: { handler: rotationHandler },
      answer: { ...completedRun, reference: SECOND_REFERENCE, status: 'running', version: null, endedAt: null },
    },
    absent: {
      summary: 'A secret that does not exist',
      params: { ref: ABSENT_REFERENCE },
      body: { handler: rotationHandler },
      refusal: { code: 'secret.not_found', detail: 'there is no secret of this reference: create it first' },
    },
  },
  links: { run: { operation: 'getRotationRun', parameters: { id: '/id' } } },
});

export const listRotationRuns = route({
  id: 'listRotationRuns',
  method: 'GET',
  path: '/api/v1/rotation/runs',
  tag: 'Rotation',
  summary: 'List rotations, newest first, a page at a time',
  query: ListRotationRunsRequest,
  answer: RotationRunPage,
  codes: ['journal.unavailable'],
  examples: {
    ofOneSecret: {
      summary: 'Those of one secret',
      query: { reference: REFERENCE, limit: 10 },
      answer: { items: [completedRun], nextCursor: null },
    },
  },
});

export const getRotationRun = route({
  id: 'getRotationRun',
  method: 'GET',
  path: '/api/v1/rotation/runs/{id}',
  tag: 'Rotation',
  summary: 'Show one rotation',
  params: GetRotationRunRequest,
  query: ListRotationRunsRequest.pick({ workspace: true }),
  answer: RotationRun,
  codes: ['rotation.run_not_found', 'journal.unavailable'],
  examples: {
    completed: {
      summary: 'A rotation that has come to its end',
      params: { id: completedRun.id },
      answer: completedRun,
    },
    absent: {
      summary: 'A rotation that never was',
      params: { id: '019cae6b-6600-7000-8000-000000000000' },
      refusal: { code: 'rotation.run_not_found', detail: 'there is no such rotation' },
    },
  },
});
