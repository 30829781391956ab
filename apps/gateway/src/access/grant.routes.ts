/** What the API says of grants: a permission on some secrets, for one principal, on conditions. */
import {
  GiveGrantRequest,
  GrantDescription,
  GrantPage,
  ListGrantsRequest,
  WithdrawGrantRequest,
  Workspace,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { ABSENT_PRINCIPAL, SERVICE_PRINCIPAL, WORKSPACE } from '../story.js';
import { grant } from './access.story.js';

const change = ['principal.revision_conflict', 'request.command_id_reused', 'journal.unavailable'] as const;

const { pattern, expiresAt, purposes, networks, hours } = grant;

/** The workspace in whose name it is asked; without it that of all. */
const InWorkspace = z.strictObject({ workspace: Workspace.optional() });

export const giveGrant = route({
  id: 'giveGrant',
  method: 'POST',
  path: '/api/v1/access/grants',
  tag: 'Access',
  summary: "Grant a permission on a workspace's secrets; all conditions that are given must hold",
  body: GiveGrantRequest,
  status: 201,
  answer: GrantDescription,
  codes: ['principal.not_found', 'principal.suspended', 'principal.limit', ...change],
  examples: {
    nightly: {
      summary: 'Whatever acme has of one provider, on working nights, from one network and for one purpose',
      headers: { 'Idempotency-Key': 'grant-nightly-summary' },
      body: {
        principal: SERVICE_PRINCIPAL,
        pattern,
        permissions: ['secret.decrypt'],
        expiresAt,
        purposes,
        networks,
        hours,
        reason: 'the nightly summary moves to other models',
      },
      answer: grant,
    },
    boundless: {
      summary: 'A pattern that reaches beyond one workspace',
      body: { principal: SERVICE_PRINCIPAL, pattern: 'tenant.*.openai.*', permissions: ['secret.decrypt'] },
      refusal: {
        code: 'request.malformed',
        detail: 'pattern is not a pattern: tenant.<slug>.<provider>.<key>, of which provider and key may end in *',
      },
    },
    absent: {
      summary: 'Nobody',
      body: { principal: ABSENT_PRINCIPAL, pattern, permissions: ['secret.decrypt'] },
      refusal: { code: 'principal.not_found', detail: 'there is no such principal: register it first' },
    },
  },
  links: { withdraw: { operation: 'withdrawGrant', parameters: { grantId: '/grantId' } } },
});

export const listGrants = route({
  id: 'listGrants',
  method: 'GET',
  path: '/api/v1/access/grants',
  tag: 'Access',
  summary: 'List the grants that stand, those first that were given first, a page at a time',
  query: z.strictObject({ ...InWorkspace.shape, ...ListGrantsRequest.shape }),
  answer: GrantPage,
  codes: ['journal.unavailable'],
  examples: {
    ofOne: {
      summary: 'What one service was granted in one workspace',
      query: { workspace: WORKSPACE, principal: SERVICE_PRINCIPAL, limit: 10 },
      answer: { items: [grant], nextCursor: null },
    },
    all: { summary: 'In all workspaces', answer: { items: [grant], nextCursor: null } },
  },
});

export const withdrawGrant = route({
  id: 'withdrawGrant',
  method: 'DELETE',
  path: '/api/v1/access/grants/{grantId}',
  tag: 'Access',
  summary: 'Withdraw a grant; once answered, nothing is released by it',
  params: WithdrawGrantRequest.pick({ grantId: true }),
  query: InWorkspace,
  answer: GrantDescription,
  codes: ['grant.not_found', ...change],
  examples: {
    unneeded: {
      summary: 'A grant that is no longer needed',
      params: { grantId: grant.grantId },
      query: { workspace: WORKSPACE },
      answer: { ...grant, status: 'withdrawn' },
    },
    absent: {
      summary: 'A grant that never was',
      params: { grantId: '019c13ee-73c0-7000-8000-000000000000' },
      refusal: { code: 'grant.not_found', detail: 'there is no such grant in this workspace' },
    },
  },
});
