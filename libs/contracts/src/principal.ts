/** The principal aggregate: who may ask, under which names the outside world knows them, and by which tokens. */
import { z } from 'zod';
import type { GrantGivenData, GrantWithdrawnData } from './grant.js';
import { Principal, Timestamp, TokenId, Workspace } from './ids.js';
import { LIMITS } from './limits.js';
import { PageCursor, PageLimit, pageOf } from './page.js';
import {
  QuarantineDescription,
  QuarantineRequestShape,
  QuarantineShape,
  ReleaseRequestedShape,
  ReleaseRequestShape,
} from './quarantine.js';
import { AnyRole, Role, RoleBinding, Scope } from './role.js';

export const PrincipalKind = z.enum(['user', 'service', 'workload']);
export type PrincipalKind = z.infer<typeof PrincipalKind>;

/** How the outside world knows somebody: `iss` and `sub` of their JWTs, each as it stands there. */
export const OutsideName = z.strictObject({
  issuer: z.url({ protocol: /^https?$/, error: 'is not the URL of an issuer' }).max(300),
  subject: z.string().min(1).max(300),
});
export type OutsideName = z.infer<typeof OutsideName>;

/** What people call it: shown in the audit, kept in the event's detail, where it can be erased. */
export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}]*$/u, 'has characters that cannot be shown');

/**
 * `issuer` where the outside world knows it: its names stand in the detail, as `names.display` and `names.subject`.
 * `nkey` of a process of Keytrail's own.
 */
export const PrincipalRegisteredData = z.object({
  kind: PrincipalKind,
  issuer: z.string().optional(),
  nkey: z.string().optional(),
});
export const PrincipalSuspendedData = z.object({});
export const PrincipalQuarantinedData = z.object(QuarantineShape);
export const PrincipalReleaseRequestedData = z.object(ReleaseRequestedShape);
export const PrincipalReleasedData = z.object({});
/** `recovery`: bound by whoever holds the root key, not by an administrator. */
export const RoleBoundData = z.object({ ...RoleBinding.shape, recovery: z.literal(true).optional() });
export const RoleUnboundData = z.object(RoleBinding.shape);
export const TokenIssuedData = z.object({
  tokenId: TokenId,
  scopes: z.array(Scope).optional(),
  expiresAt: Timestamp.optional(),
});
export const TokenRevokedData = z.object({ tokenId: TokenId });

export type PrincipalEvent =
  | { readonly type: 'PrincipalRegistered'; readonly data: Readonly<z.infer<typeof PrincipalRegisteredData>> }
  | { readonly type: 'PrincipalSuspended'; readonly data: Readonly<z.infer<typeof PrincipalSuspendedData>> }
  | { readonly type: 'PrincipalQuarantined'; readonly data: Readonly<z.infer<typeof PrincipalQuarantinedData>> }
  | {
      readonly type: 'PrincipalReleaseRequested';
      readonly data: Readonly<z.infer<typeof PrincipalReleaseRequestedData>>;
    }
  | { readonly type: 'PrincipalReleased'; readonly data: Readonly<z.infer<typeof PrincipalReleasedData>> }
  | { readonly type: 'RoleBound'; readonly data: Readonly<z.infer<typeof RoleBoundData>> }
  | { readonly type: 'RoleUnbound'; readonly data: Readonly<z.infer<typeof RoleUnboundData>> }
  | { readonly type: 'GrantGiven'; readonly data: Readonly<z.infer<typeof GrantGivenData>> }
  | { readonly type: 'GrantWithdrawn'; readonly data: Readonly<z.infer<typeof GrantWithdrawnData>> }
  | { readonly type: 'TokenIssued'; readonly data: Readonly<z.infer<typeof TokenIssuedData>> }
  | { readonly type: 'TokenRevoked'; readonly data: Readonly<z.infer<typeof TokenRevokedData>> };

const RoleToBind = z.strictObject({ role: Role, workspace: Workspace });

export const RegisterPrincipalRequest = z.strictObject({
  kind: PrincipalKind,
  displayName: DisplayName,
  outsideName: OutsideName.optional(),
  roles: z.array(RoleToBind).max(LIMITS.rolesPerPrincipal).default([]),
});
export type RegisterPrincipalRequest = z.infer<typeof RegisterPrincipalRequest>;

export const GetPrincipalRequest = z.strictObject({ principal: Principal });
export type GetPrincipalRequest = z.infer<typeof GetPrincipalRequest>;

/** By the time of registration, oldest first. */
export const ListPrincipalsRequest = z.strictObject({
  kind: PrincipalKind.optional(),
  cursor: PageCursor.optional(),
  limit: PageLimit,
});
export type ListPrincipalsRequest = z.infer<typeof ListPrincipalsRequest>;

/** For good: whoever is to come back is registered anew. `reason` goes into the event's detail. */
export const SuspendPrincipalRequest = z.strictObject({
  principal: Principal,
  reason: z.string().min(1).max(500).optional(),
});
export type SuspendPrincipalRequest = z.infer<typeof SuspendPrincipalRequest>;

export const QuarantinePrincipalRequest = z.strictObject({ principal: Principal, ...QuarantineRequestShape });
export type QuarantinePrincipalRequest = z.infer<typeof QuarantinePrincipalRequest>;

export const ReleasePrincipalRequest = z.strictObject({ principal: Principal, ...ReleaseRequestShape });
export type ReleasePrincipalRequest = z.infer<typeof ReleasePrincipalRequest>;

export const BindRoleRequest = z.strictObject({ principal: Principal, ...RoleToBind.shape });
export type BindRoleRequest = z.infer<typeof BindRoleRequest>;

export const UnbindRoleRequest = BindRoleRequest;
export type UnbindRoleRequest = BindRoleRequest;

/**
 * `label` is for people and stands in the event's detail. Without `expiresAt` the token is good until it is revoked.
 */
export const IssueTokenRequest = z.strictObject({
  principal: Principal,
  label: z.string().min(1).max(100).optional(),
  scopes: z.array(Scope).min(1).max(LIMITS.scopesPerToken).optional(),
  expiresAt: Timestamp.optional(),
});
export type IssueTokenRequest = z.infer<typeof IssueTokenRequest>;

export const RevokeTokenRequest = z.strictObject({
  tokenId: TokenId,
  reason: z.string().min(1).max(500).optional(),
});
export type RevokeTokenRequest = z.infer<typeof RevokeTokenRequest>;

export const ListTokensRequest = z.strictObject({ principal: Principal });
export type ListTokensRequest = z.infer<typeof ListTokensRequest>;

export const PrincipalStatus = z.enum(['active', 'suspended']);

export const PrincipalDescription = z.strictObject({
  principal: Principal,
  kind: PrincipalKind,
  displayName: z.string(),
  outsideName: OutsideName.nullable(),
  status: PrincipalStatus,
  roles: z.array(z.strictObject({ role: AnyRole, workspace: Workspace })),
  /** Null where nothing is held back from it; one whose time has passed is not shown. */
  quarantine: QuarantineDescription.nullable(),
  revision: z.int().positive(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type PrincipalDescription = z.infer<typeof PrincipalDescription>;

export const PrincipalPage = pageOf(PrincipalDescription);
export type PrincipalPage = z.infer<typeof PrincipalPage>;

export const TokenDescription = z.strictObject({
  tokenId: TokenId,
  principal: Principal,
  label: z.string().nullable(),
  scopes: z.array(Scope).nullable(),
  status: z.enum(['active', 'expired', 'revoked']),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
  /** To within a minute; null where it never was. */
  lastUsedAt: Timestamp.nullable(),
});
export type TokenDescription = z.infer<typeof TokenDescription>;

/** `token` is told once: null where the same request is repeated, for nobody keeps it. */
export const IssuedToken = z.strictObject({ ...TokenDescription.shape, token: z.string().nullable() });
export type IssuedToken = z.infer<typeof IssuedToken>;

export const TokenList = z.strictObject({ items: z.array(TokenDescription) });
export type TokenList = z.infer<typeof TokenList>;

export type PrincipalRejectionCode =
  | 'principal.not_found'
  | 'principal.suspended'
  | 'principal.name_taken'
  | 'principal.role_not_bound'
  | 'principal.not_quarantined'
  | 'principal.limit'
  | 'principal.revision_conflict'
  | 'token.not_found';

/** The stream of a principal: its roles, grants and tokens stand in it too, so that one revision covers all of them. */
export const principalStream = (principal: string): string => `principal-${principal}`;
