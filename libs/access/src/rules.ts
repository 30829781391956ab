/** What roles and profiles mean, in Cedar: the one place that says so, the same for every workspace. */
import { type AnyRole, type Permission, SYSTEM_WORKSPACE, type WorkspaceProfile } from '@keytrail/contracts';
import { TYPES } from './schema.js';

const action = (name: string): string => `${TYPES.action}::"${name}"`;
const holds = (role: AnyRole): string => `principal in ${TYPES.role}::"${role}"`;

const actions = (permissions: readonly Permission[]): string => `action in [${permissions.map(action).join(', ')}]`;

const permit = (role: AnyRole, permissions: readonly Permission[], condition = ''): string =>
  `permit (${holds(role)}, ${actions(permissions)}, resource)${condition};`;

/** What is done above all workspaces is done nowhere else, whatever it is asked about. */
const permitAbove = (role: AnyRole, permissions: readonly Permission[]): string =>
  `permit (${holds(role)}, ${actions(permissions)}, resource == ${TYPES.workspace}::"${SYSTEM_WORKSPACE}");`;

const MUTATIONS = [
  'secret.create',
  'secret.add_version',
  'secret.revoke',
  'secret.disable',
  'secret.enable',
  'secret.delete',
  'secret.undelete',
  'rotation.set_policy',
  'rotation.delete_policy',
  'rotation.start',
] as const satisfies readonly Permission[];

/** What looks and changes nothing, in a workspace. */
const LOOKS = [
  'secret.get',
  'usage.get',
  'usage.summary',
  'rotation.get_policy',
  'rotation.list_policies',
  'rotation.list_due',
  'rotation.list_runs',
  'rotation.get_run',
  'workspace.get',
  'grant.list',
  'policy.list',
  'policy.get',
  'policy.check',
  'access.explain',
  'access.what_if',
  'event.list',
  'finding.list',
  'finding.get',
] as const satisfies readonly Permission[];

/** What looks above all workspaces. */
const LOOKS_ABOVE = ['principal.get', 'principal.list', 'token.list', 'parked.list'] as const;

const BRAKES = ['secret.quarantine', 'secret.release'] as const;
const BRAKES_ABOVE = ['principal.quarantine', 'principal.release'] as const;
const ACCESS = ['grant.give', 'grant.withdraw', 'policy.publish', 'policy.withdraw'] as const;
const ROLES = ['principal.bind_role', 'principal.unbind_role'] as const;

/** By the id under which explanations name them. */
const ALWAYS: Readonly<Record<string, string>> = {
  'role:internal_admin': permit('internal_admin', [
    ...MUTATIONS,
    ...LOOKS,
    ...BRAKES,
    ...ACCESS,
    ...ROLES,
    'workspace.create',
    'workspace.configure',
  ]),
  'role:internal_admin/above': permitAbove('internal_admin', [
    ...LOOKS_ABOVE,
    ...BRAKES_ABOVE,
    'principal.register',
    'principal.suspend',
    'token.issue',
    'token.revoke',
    'parked.replay',
  ]),
  'role:workspace_admin': permit('workspace_admin', [...MUTATIONS, ...LOOKS, ...BRAKES, ...ACCESS]),
  'role:workspace_admin/roles': permit(
    'workspace_admin',
    ROLES,
    ' when { context has role && context.role != "internal_admin" }',
  ),
  'role:security_analyst': permit('security_analyst', [...LOOKS, ...BRAKES]),
  'role:security_analyst/above': permitAbove('security_analyst', [...LOOKS_ABOVE, ...BRAKES_ABOVE]),
  'role:auditor': permit('auditor', LOOKS),
  'role:auditor/above': permitAbove('auditor', LOOKS_ABOVE),
  'role:service': permit('service', ['secret.decrypt']),
  'role:gateway': permit('gateway', ['session.authenticate', 'access.decide']),
  'role:rotation_scheduler': permit('rotation_scheduler', [
    'secret.get',
    'secret.generate_version',
    'session.introspect',
  ]),
  'role:backend': permit('backend', ['session.introspect']),
  'rule:own-processes-read-no-values': `forbid (principal, action == ${action('secret.decrypt')}, resource) when { principal.own };`,
};

const PROFILES: Readonly<Record<WorkspaceProfile, Readonly<Record<string, string>>>> = {
  strict: {
    'profile:strict': `forbid (principal, action in [${action('mutation')}, ${action('delegation')}], resource) unless { ${holds('internal_admin')} };`,
  },
  delegated: {},
};

/** All that holds in a workspace of this profile before it says anything of its own. */
export const rulesOf = (profile: WorkspaceProfile): Readonly<Record<string, string>> => ({
  ...ALWAYS,
  ...PROFILES[profile],
});
