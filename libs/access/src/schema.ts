/** The Cedar schemas by which policies are validated: what there is, what may be asked, what is known of a request. */
import { declarationOf, GRANTABLE, Permission } from '@keytrail/contracts';

/** The namespace of all that policies may name. */
const NAMESPACE = 'Keytrail';

const typeOf = (name: string): string => `${NAMESPACE}::${name}`;

/** Entity types as Cedar names them. */
export const TYPES = {
  role: typeOf('Role'),
  workspace: typeOf('Workspace'),
  principal: typeOf('Principal'),
  secret: typeOf('Secret'),
  action: typeOf('Action'),
} as const;

/** Times are those of the minute in which it is asked, in UTC: within it no decision changes. */
const circumstances = `now: __cedar::datetime, minuteOfDay: __cedar::Long, weekday: __cedar::String, ip?: __cedar::ipaddr`;

const actionOf = (name: Permission): string => {
  const { on, group } = declarationOf(name);
  const [resource, context] = on === 'secret' ? ['Secret', 'Access'] : ['Workspace', 'Question'];
  const within = group === undefined ? '' : ` in ["${group}"]`;
  return `  action "${name}"${within} appliesTo { principal: [Principal], resource: [${resource}], context: ${context} };`;
};

const schemaOf = (permissions: readonly Permission[]): string => `namespace ${NAMESPACE} {
  /// A role that the principal has in the workspace of the request, or in all.
  entity Role;
  entity Workspace;
  /// \`own\`: a process of Keytrail itself.
  entity Principal in [Role] { kind: __cedar::String, own: __cedar::Bool };
  entity Secret in [Workspace] { reference: __cedar::String, provider: __cedar::String, key: __cedar::String };
  type Access = { ${circumstances}, purpose?: __cedar::String };
  /// \`role\`: the one that is to be bound or unbound.
  type Question = { ${circumstances}, role?: __cedar::String };
  action "mutation", "delegation";
${permissions.map(actionOf).join('\n')}
}
`;

/** Of all that may be asked. */
export const SCHEMA = schemaOf(Permission.options);

/** Of what a workspace's policies may speak of: every resource is a secret. */
export const POLICY_SCHEMA = schemaOf(GRANTABLE);
