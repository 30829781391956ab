/** What the API says of a workspace's policies: documents in Cedar, checked, published in versions, and withdrawn. */
import {
  CheckPolicyRequest,
  GetPolicyRequest,
  PolicyCheck,
  PolicyDescription,
  PolicyList,
  PublishPolicyRequest,
  WorkspaceSlug,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { ABSENT_WORKSPACE, WORKSPACE } from '../story.js';
import { ABSENT_POLICY, boundlessSource, policy, POLICY } from './access.story.js';

const change = ['workspace.revision_conflict', 'request.command_id_reused', 'journal.unavailable'] as const;

const { name, version } = GetPolicyRequest.shape;

const PoliciesPath = z.strictObject({ workspace: WorkspaceSlug });
const PolicyPath = z.strictObject({ workspace: WorkspaceSlug, name });

const known = { workspace: WORKSPACE, name: POLICY };
const absent = {
  summary: 'A policy that never was',
  params: { workspace: WORKSPACE, name: ABSENT_POLICY },
} as const;

export const checkPolicy = route({
  id: 'checkPolicy',
  method: 'POST',
  path: '/api/v1/access/policies/{workspace}/check',
  tag: 'Access',
  summary: 'Tell whether a policy could be published, and what it would say; nothing changes',
  params: PoliciesPath,
  body: CheckPolicyRequest,
  answer: PolicyCheck,
  codes: ['journal.unavailable'],
  examples: {
    publishable: {
      summary: 'A policy that forbids something',
      params: { workspace: WORKSPACE },
      body: { source: policy.source },
      answer: {
        publishable: true,
        statements: [{ effect: 'forbid', permissions: ['secret.decrypt'], source: policy.source }],
        issues: [],
      },
    },
    boundless: {
      summary: 'A policy that permits everything to everybody',
      params: { workspace: WORKSPACE },
      body: { source: boundlessSource },
      answer: {
        publishable: false,
        statements: [],
        issues: [
          {
            path: 'source.0',
            message: 'permits anything: name the actions, as in action == Keytrail::Action::"secret.decrypt"',
          },
          {
            path: 'source.0',
            message:
              'permits it to everybody, in all workspaces: name a principal or a role, as in principal in Keytrail::Role::"service"',
          },
        ],
      },
    },
  },
});

export const publishPolicy = route({
  id: 'publishPolicy',
  method: 'PUT',
  path: '/api/v1/access/policies/{workspace}/{name}',
  tag: 'Access',
  summary: 'Publish a policy, or its next version; once answered, it is in force',
  params: PolicyPath,
  body: PublishPolicyRequest.omit({ name: true }),
  answer: PolicyDescription,
  codes: ['workspace.not_found', 'policy.invalid', 'policy.limit', 'policy.version_conflict', ...change],
  examples: {
    first: {
      summary: 'Nobody obtains a value in the first minute of the day for a purpose that nobody has',
      params: known,
      headers: { 'Idempotency-Key': 'publish-no-nights' },
      body: { source: policy.source, expectedVersion: 0, reason: 'to see how policies work' },
      answer: policy,
    },
    boundless: {
      summary: 'A policy that permits everything to everybody',
      params: known,
      body: { source: boundlessSource },
      refusal: { code: 'policy.invalid', detail: 'the policy cannot be published: its issues tell where and why' },
    },
    stale: {
      summary: 'A version that is based on another one',
      params: known,
      body: { source: policy.source, expectedVersion: 99 },
      refusal: {
        code: 'policy.version_conflict',
        detail: 'the policy does not stand at this version: read it again, then decide again',
      },
    },
    nowhere: {
      summary: 'In a workspace that does not exist',
      params: { workspace: ABSENT_WORKSPACE, name: POLICY },
      body: { source: policy.source },
      refusal: { code: 'workspace.not_found', detail: 'there is no such workspace: create it first' },
    },
  },
});

export const getPolicy = route({
  id: 'getPolicy',
  method: 'GET',
  path: '/api/v1/access/policies/{workspace}/{name}',
  tag: 'Access',
  summary: 'Show a policy as it is in force, or one of its versions',
  params: PolicyPath,
  query: z.strictObject({ version }),
  answer: PolicyDescription,
  codes: ['policy.not_found', 'journal.unavailable'],
  examples: {
    inForce: { summary: 'As it is in force', params: known, answer: policy },
    first: { summary: 'As it was at first', params: known, query: { version: 1 }, answer: policy },
    absent: {
      ...absent,
      refusal: { code: 'policy.not_found', detail: 'there is no such policy, or no such version' },
    },
  },
});

export const withdrawPolicy = route({
  id: 'withdrawPolicy',
  method: 'DELETE',
  path: '/api/v1/access/policies/{workspace}/{name}',
  tag: 'Access',
  summary: 'Withdraw a policy; its versions can still be read',
  params: PolicyPath,
  answer: PolicyDescription,
  codes: ['workspace.not_found', 'policy.not_found', ...change],
  examples: {
    unwanted: {
      summary: 'A policy that is no longer wanted',
      params: known,
      answer: { ...policy, status: 'withdrawn' },
    },
    absent: { ...absent, refusal: { code: 'policy.not_found', detail: 'no policy of this name is in force' } },
  },
});

export const listPolicies = route({
  id: 'listPolicies',
  method: 'GET',
  path: '/api/v1/access/policies/{workspace}',
  tag: 'Access',
  summary: "List a workspace's policies that are in force, by name",
  params: PoliciesPath,
  answer: PolicyList,
  codes: ['journal.unavailable'],
  examples: {
    acme: { summary: "acme's", params: { workspace: WORKSPACE }, answer: { items: [policy] } },
  },
});
