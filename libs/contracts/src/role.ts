/** Roles, and the scopes of tokens; what each role permits stands in `libs/access/src/rules.ts`. */
import { z } from 'zod';
import { Workspace } from './ids.js';
import type { Permission } from './permission.js';

/** What people, services and workloads may be. */
export const Role = z.enum(['internal_admin', 'workspace_admin', 'security_analyst', 'auditor', 'service']);
export type Role = z.infer<typeof Role>;

/** What Keytrail's own processes are; bound when a system is set up, and by nobody afterwards. */
export const SystemRole = z.enum(['gateway', 'rotation_scheduler', 'backend']);
export type SystemRole = z.infer<typeof SystemRole>;

export const AnyRole = z.union([Role, SystemRole]);
export type AnyRole = z.infer<typeof AnyRole>;

/** A role in one workspace, or with `_system` in all of them. */
export const RoleBinding = z.strictObject({ role: AnyRole, workspace: Workspace });
export type RoleBinding = z.infer<typeof RoleBinding>;

/**
 * What a token is good for: `<aggregate>.<verb>` or `<aggregate>.*`. It narrows what its principal may, and never
 * widens it.
 */
export const Scope = z
  .string()
  .regex(/^[a-z_]{1,32}\.(?:[a-z_]{1,32}|\*)$/, 'is not a scope: <aggregate>.<verb> or <aggregate>.*')
  .brand<'Scope'>();
export type Scope = z.infer<typeof Scope>;

/** Whether the scopes of a credential leave a permission standing; one without scopes narrows nothing. */
export function isInScope(scopes: readonly Scope[] | undefined, permission: Permission): boolean {
  const aggregate = permission.slice(0, permission.indexOf('.'));
  return scopes?.some((scope) => scope === permission || scope === `${aggregate}.*`) ?? true;
}

/** What somebody may: roles, and the scopes of the credential that was shown, where it has any. */
export interface Powers {
  readonly roles: readonly RoleBinding[];
  readonly scopes?: readonly Scope[];
}
