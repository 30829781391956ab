/** Everything that may be asked of Keytrail, by the name under which it is permitted: `<aggregate>.<verb>`. */
import { z } from 'zod';

/** What is permitted, and to what it is done. */
export interface PermissionDeclaration {
  /** A secret, which the request names by its `reference`, or a workspace; `_system` is what stands above all. */
  readonly on: 'secret' | 'workspace';
  /**
   * The profile `strict` leaves both to `internal_admin`: `mutation` changes secrets and rotations, `delegation` says
   * who may what.
   */
  readonly group?: 'mutation' | 'delegation';
  /** Whether grants and policies of a workspace may speak of it. */
  readonly grantable?: true;
}

const onSecret = { on: 'secret' } as const;
const grantable = { ...onSecret, grantable: true } as const;
const mutation = { ...grantable, group: 'mutation' } as const;
const onWorkspace = { on: 'workspace' } as const;
const delegation = { ...onWorkspace, group: 'delegation' } as const;

export const PERMISSIONS = {
  'secret.decrypt': grantable,
  'secret.get': grantable,
  'secret.create': mutation,
  'secret.add_version': mutation,
  'secret.revoke': mutation,
  'secret.disable': mutation,
  'secret.enable': mutation,
  'secret.delete': mutation,
  'secret.undelete': mutation,
  'secret.generate_version': onSecret,
  'secret.quarantine': onSecret,
  'secret.release': onSecret,
  'usage.get': grantable,
  'rotation.get_policy': grantable,
  'rotation.set_policy': mutation,
  'rotation.delete_policy': mutation,
  'rotation.start': mutation,
  'rotation.list_policies': onWorkspace,
  'rotation.list_due': onWorkspace,
  'rotation.list_runs': onWorkspace,
  'rotation.get_run': onWorkspace,
  'workspace.create': onWorkspace,
  'workspace.get': onWorkspace,
  'workspace.configure': onWorkspace,
  'principal.register': onWorkspace,
  'principal.get': onWorkspace,
  'principal.list': onWorkspace,
  'principal.suspend': onWorkspace,
  'principal.quarantine': onWorkspace,
  'principal.release': onWorkspace,
  'principal.bind_role': delegation,
  'principal.unbind_role': delegation,
  'grant.give': delegation,
  'grant.withdraw': delegation,
  'grant.list': onWorkspace,
  'token.issue': onWorkspace,
  'token.revoke': onWorkspace,
  'token.list': onWorkspace,
  'policy.publish': delegation,
  'policy.withdraw': delegation,
  'policy.list': onWorkspace,
  'policy.get': onWorkspace,
  'policy.check': onWorkspace,
  'access.explain': onWorkspace,
  'access.what_if': onWorkspace,
  'access.decide': onWorkspace,
  'session.authenticate': onWorkspace,
  'session.introspect': onWorkspace,
  'event.list': onWorkspace,
  'usage.summary': onWorkspace,
  'finding.list': onWorkspace,
  'finding.get': onWorkspace,
  'parked.list': onWorkspace,
  'parked.replay': onWorkspace,
} as const satisfies Record<string, PermissionDeclaration>;

export type Permission = keyof typeof PERMISSIONS;

const names = Object.keys(PERMISSIONS) as [Permission, ...Permission[]];

export const Permission = z.enum(names, 'is not a permission, such as secret.decrypt');

/** What is declared of a permission. */
export const declarationOf = (permission: Permission): PermissionDeclaration => PERMISSIONS[permission];

const isGrantable = (permission: Permission): boolean => declarationOf(permission).grantable === true;

/** The permissions that grants and policies may speak of: all of them are about one secret. */
export const GRANTABLE = names.filter(isGrantable) as [Permission, ...Permission[]];

export const GrantablePermission = z.enum(GRANTABLE, 'is not a permission that can be granted, such as secret.decrypt');

/** What is many of another operation, and permitted as that is. */
const PERMITTED_AS: ReadonlyMap<string, Permission> = new Map([['secret.decrypt_batch', 'secret.decrypt']]);

/** The permission under which an operation stands; null for one that there is none for: nobody may ask it. */
export function permissionOf({ aggregate, verb }: { readonly aggregate: string; readonly verb: string }) {
  const operation = `${aggregate}.${verb}`;
  return PERMITTED_AS.get(operation) ?? Permission.safeParse(operation).data ?? null;
}
