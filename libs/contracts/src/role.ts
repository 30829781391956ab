/** Roles and what each permits: the one table that says who may ask what, until grants and policies refine it. */
import { z } from 'zod';
import { SYSTEM_WORKSPACE, Workspace } from './ids.js';

/** What people, services and workloads may be. */
export const Role = z.enum(['internal_admin', 'security_analyst', 'service']);
export type Role = z.infer<typeof Role>;

/** What Keytrail's own processes are; bound when a system is set up, and by nobody afterwards. */
export const SystemRole = z.enum(['gateway', 'rotation_scheduler', 'backend']);
export type SystemRole = z.infer<typeof SystemRole>;

export const AnyRole = z.union([Role, SystemRole]);
export type AnyRole = z.infer<typeof AnyRole>;

/** A role in one workspace, or with `_system` in all of them. */
export const RoleBinding = z.strictObject({ role: AnyRole, workspace: Workspace });
export type RoleBinding = z.infer<typeof RoleBinding>;

/** An operation as it is asked of a service: `vault.secret.decrypt`. */
export interface Operation {
  readonly service: string;
  readonly aggregate: string;
  readonly verb: string;
}

/** `<service>.<aggregate>.<verb>`, any of them `*`. */
const PERMITTED: Readonly<Record<AnyRole, readonly string[]>> = {
  internal_admin: [
    'vault.workspace.*',
    'vault.secret.create',
    'vault.secret.get',
    'vault.secret.add_version',
    'vault.secret.revoke',
    'vault.principal.*',
    'vault.token.*',
    'rotation.*.*',
    'audit.*.*',
    'anomaly.*.*',
  ],
  security_analyst: [
    'vault.secret.get',
    'vault.principal.get',
    'vault.principal.list',
    'vault.token.list',
    'rotation.rotation.get_policy',
    'rotation.rotation.list_policies',
    'rotation.rotation.list_due',
    'rotation.rotation.list_runs',
    'rotation.rotation.get_run',
    'audit.event.list',
    'audit.usage.*',
    'anomaly.finding.*',
    '*.parked.list',
  ],
  service: ['vault.secret.decrypt'],
  gateway: ['vault.session.authenticate'],
  rotation_scheduler: ['vault.secret.get', 'vault.secret.generate_version', 'vault.session.introspect'],
  backend: ['vault.session.introspect'],
};

/**
 * What a token is good for: `<aggregate>.<verb>` or `<aggregate>.*`. It narrows what its principal may, and never
 * widens it.
 */
export const Scope = z
  .string()
  .regex(/^[a-z_]{1,32}\.(?:[a-z_]{1,32}|\*)$/, 'is not a scope: <aggregate>.<verb> or <aggregate>.*')
  .brand<'Scope'>();
export type Scope = z.infer<typeof Scope>;

/** What somebody may: roles, and the scopes of the credential that was shown, where it has any. */
export interface Powers {
  readonly roles: readonly RoleBinding[];
  readonly scopes?: readonly Scope[];
}

/** Whether these powers permit an operation in a workspace; `_system` asks for all workspaces at once. */
export function permits({ roles, scopes }: Powers, operation: Operation, workspace: Workspace): boolean {
  const isWithin = (binding: RoleBinding): boolean =>
    binding.workspace === SYSTEM_WORKSPACE || binding.workspace === workspace;
  const isInScope = scopes?.some((scope) => matches(`*.${scope}`, operation)) ?? true;
  return isInScope && roles.some((binding) => isWithin(binding) && isPermitted(binding.role, operation));
}

const isPermitted = (role: AnyRole, operation: Operation): boolean =>
  PERMITTED[role].some((pattern) => matches(pattern, operation));

function matches(pattern: string, { service, aggregate, verb }: Operation): boolean {
  const [ofService, ofAggregate, ofVerb] = pattern.split('.');
  const fits = (part: string | undefined, name: string): boolean => part === '*' || part === name;
  return fits(ofService, service) && fits(ofAggregate, aggregate) && fits(ofVerb, verb);
}
