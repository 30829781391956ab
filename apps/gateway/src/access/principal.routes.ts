/** What the API says of principals: who may ask, and in which roles. */
import {
  AuthenticatedCaller,
  BindRoleRequest,
  GetPrincipalRequest,
  ListPrincipalsRequest,
  PrincipalDescription,
  PrincipalPage,
  QuarantinePrincipalRequest,
  RegisterPrincipalRequest,
  ReleasePrincipalRequest,
  SuspendPrincipalRequest,
  UnbindRoleRequest,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import {
  ABSENT_PRINCIPAL,
  caller,
  ROTATED_AT,
  SERVICE_NAME,
  SERVICE_PRINCIPAL,
  servicePrincipal,
  STORED_AT,
  WORKSPACE,
} from '../story.js';

const change = ['principal.revision_conflict', 'request.command_id_reused', 'journal.unavailable'] as const;
const notFound = {
  code: 'principal.not_found',
  detail: 'there is no such principal: register it first',
} as const;

export const getCaller = route({
  id: 'getCaller',
  method: 'GET',
  path: '/api/v1/access/me',
  tag: 'Access',
  summary: 'Tell whose token this is, and what it is good for',
  answer: AuthenticatedCaller,
  examples: {
    administrator: { summary: 'An administrator', answer: caller },
    impostor: {
      summary: 'A token that is not valid',
      refusal: { code: 'auth.invalid', detail: 'the bearer token is neither an API token nor a JWT' },
    },
  },
});

export const registerPrincipal = route({
  id: 'registerPrincipal',
  method: 'POST',
  path: '/api/v1/access/principals',
  tag: 'Access',
  summary: 'Register somebody who may ask: a person, a service or a workload',
  body: RegisterPrincipalRequest,
  status: 201,
  answer: PrincipalDescription,
  codes: ['principal.name_taken', ...change],
  examples: {
    workload: {
      summary: 'A pod, by its service account',
      headers: { 'Idempotency-Key': 'register-ingest' },
      body: {
        kind: 'workload',
        displayName: 'Ingest',
        outsideName: {
          issuer: 'https://kubernetes.default.svc.cluster.local',
          subject: 'system:serviceaccount:acme:ingest',
        },
      },
      answer: {
        ...servicePrincipal,
        principal: 'p8r3t6v1x9z2b5d7f0h4k6m8q2',
        kind: 'workload',
        displayName: 'Ingest',
        outsideName: {
          issuer: 'https://kubernetes.default.svc.cluster.local',
          subject: 'system:serviceaccount:acme:ingest',
        },
        roles: [],
        revision: 1,
      },
    },
    taken: {
      summary: 'A service account that is known already',
      body: {
        kind: 'workload',
        displayName: 'Ingest again',
        outsideName: {
          issuer: 'https://kubernetes.default.svc.cluster.local',
          subject: 'system:serviceaccount:acme:ingest',
        },
      },
      refusal: { code: 'principal.name_taken', detail: 'somebody is registered under this name already' },
    },
    service: {
      summary: 'A service that obtains the keys of a workspace',
      body: { kind: 'service', displayName: SERVICE_NAME, roles: [{ role: 'service', workspace: WORKSPACE }] },
      answer: servicePrincipal,
    },
  },
  links: {
    principal: { operation: 'getPrincipal', parameters: { principal: '/principal' } },
    bind: { operation: 'bindRole', parameters: { principal: '/principal' } },
    unbind: { operation: 'unbindRole', parameters: { principal: '/principal' } },
    suspend: { operation: 'suspendPrincipal', parameters: { principal: '/principal' } },
    issue: { operation: 'issueToken', body: { principal: '/principal' } },
    tokens: { operation: 'listTokens', parameters: { principal: '/principal' } },
    quarantine: { operation: 'quarantinePrincipal', parameters: { principal: '/principal' } },
    release: { operation: 'releasePrincipal', parameters: { principal: '/principal' } },
    grant: { operation: 'giveGrant', body: { principal: '/principal' } },
    grants: { operation: 'listGrants', parameters: { principal: '/principal' } },
    explain: { operation: 'explainAccess', body: { principal: '/principal' } },
  },
});

export const listPrincipals = route({
  id: 'listPrincipals',
  method: 'GET',
  path: '/api/v1/access/principals',
  tag: 'Access',
  summary: 'List principals, those first that were registered first, a page at a time',
  query: ListPrincipalsRequest,
  answer: PrincipalPage,
  codes: ['journal.unavailable'],
  examples: {
    services: {
      summary: 'The services',
      query: { kind: 'service', limit: 10 },
      answer: { items: [servicePrincipal], nextCursor: null },
    },
  },
});

export const getPrincipal = route({
  id: 'getPrincipal',
  method: 'GET',
  path: '/api/v1/access/principals/{principal}',
  tag: 'Access',
  summary: 'Describe a principal and its roles',
  params: GetPrincipalRequest,
  answer: PrincipalDescription,
  codes: ['principal.not_found', 'journal.unavailable'],
  examples: {
    active: { summary: 'A service', params: { principal: SERVICE_PRINCIPAL }, answer: servicePrincipal },
    absent: { summary: 'Nobody', params: { principal: ABSENT_PRINCIPAL }, refusal: notFound },
  },
});

export const bindRole = route({
  id: 'bindRole',
  method: 'POST',
  path: '/api/v1/access/principals/{principal}/roles',
  tag: 'Access',
  summary: 'Give a role, in one workspace or in all of them; what is bound already stays',
  params: GetPrincipalRequest,
  body: BindRoleRequest.omit({ principal: true }),
  answer: PrincipalDescription,
  codes: ['principal.not_found', 'principal.suspended', 'principal.limit', ...change],
  examples: {
    analyst: {
      summary: 'Who looks into one workspace',
      params: { principal: SERVICE_PRINCIPAL },
      body: { role: 'security_analyst', workspace: WORKSPACE },
      answer: {
        ...servicePrincipal,
        roles: [...servicePrincipal.roles, { role: 'security_analyst', workspace: WORKSPACE }],
        revision: 3,
        updatedAt: ROTATED_AT,
      },
    },
    absent: {
      summary: 'Nobody',
      params: { principal: ABSENT_PRINCIPAL },
      body: { role: 'internal_admin', workspace: '_system' },
      refusal: notFound,
    },
  },
});

const { principal, role, workspace } = UnbindRoleRequest.shape;

export const unbindRole = route({
  id: 'unbindRole',
  method: 'DELETE',
  path: '/api/v1/access/principals/{principal}/roles/{role}',
  tag: 'Access',
  summary: 'Take a role away; once answered, it is good for nothing',
  params: z.strictObject({ principal, role }),
  query: z.strictObject({ workspace }),
  answer: PrincipalDescription,
  codes: ['principal.not_found', 'principal.role_not_bound', ...change],
  examples: {
    bound: {
      summary: 'A role that is no longer needed',
      params: { principal: SERVICE_PRINCIPAL, role: 'security_analyst' },
      query: { workspace: WORKSPACE },
      answer: { ...servicePrincipal, revision: 4, updatedAt: ROTATED_AT },
    },
    absent: {
      summary: 'Nobody',
      params: { principal: ABSENT_PRINCIPAL, role: 'service' },
      query: { workspace: WORKSPACE },
      refusal: notFound,
    },
  },
});

export const quarantinePrincipal = route({
  id: 'quarantinePrincipal',
  method: 'POST',
  path: '/api/v1/access/principals/{principal}/quarantine',
  tag: 'Access',
  summary: 'Hold everything back from a principal; once answered, nothing is served to it until it is released',
  params: GetPrincipalRequest,
  body: QuarantinePrincipalRequest.omit({ principal: true }),
  answer: PrincipalDescription,
  codes: ['principal.not_found', ...change],
  examples: {
    strange: {
      summary: 'For an hour, a service that behaves strangely',
      params: { principal: SERVICE_PRINCIPAL },
      body: { ttlSeconds: 3_600, reason: 'it asks far too often' },
      answer: {
        ...servicePrincipal,
        quarantine: { principal: null, until: '2026-03-02T13:00:00.000Z', releaseRequestedBy: null },
        revision: 5,
        updatedAt: ROTATED_AT,
      },
    },
    absent: {
      summary: 'Nobody',
      params: { principal: ABSENT_PRINCIPAL },
      body: { reason: 'it asks far too often' },
      refusal: notFound,
    },
  },
});

export const releasePrincipal = route({
  id: 'releasePrincipal',
  method: 'POST',
  path: '/api/v1/access/principals/{principal}/release',
  tag: 'Access',
  summary: 'Release a principal from quarantine; where `_system` asks for two people, the second request does',
  params: GetPrincipalRequest,
  body: ReleasePrincipalRequest.omit({ principal: true }).default({}),
  answer: PrincipalDescription,
  codes: ['principal.not_found', 'principal.not_quarantined', ...change],
  examples: {
    calm: {
      summary: 'A service whose mistake was found',
      params: { principal: SERVICE_PRINCIPAL },
      body: { reason: 'a loop in its code; it is mended' },
      answer: { ...servicePrincipal, revision: 6, updatedAt: ROTATED_AT },
    },
    absent: { summary: 'Nobody', params: { principal: ABSENT_PRINCIPAL }, refusal: notFound },
  },
});

export const suspendPrincipal = route({
  id: 'suspendPrincipal',
  method: 'POST',
  path: '/api/v1/access/principals/{principal}/suspend',
  tag: 'Access',
  summary: 'Suspend a principal for good; once answered, nothing is served to it',
  params: GetPrincipalRequest,
  body: SuspendPrincipalRequest.omit({ principal: true }).default({}),
  answer: PrincipalDescription,
  codes: ['principal.not_found', ...change],
  examples: {
    stolen: {
      summary: 'A service whose machine was broken into',
      params: { principal: SERVICE_PRINCIPAL },
      body: { reason: 'its machine was broken into' },
      answer: { ...servicePrincipal, status: 'suspended', revision: 3, createdAt: STORED_AT, updatedAt: ROTATED_AT },
    },
    absent: { summary: 'Nobody', params: { principal: ABSENT_PRINCIPAL }, refusal: notFound },
  },
});
