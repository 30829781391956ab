/** Who may what by role: the rules as Cedar takes them, and what they amount to, told by hand. */
import { validate } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from '@jest/globals';
import {
  AnyRole,
  declarationOf,
  Permission,
  PERMISSIONS,
  Role,
  SystemRole,
  type Workspace,
  WorkspaceProfile,
} from '@keytrail/contracts';
import { acme, asked, factsOf, globex, grantOf, having, room, somebody, system } from './access.fixture.js';
import { Decisions } from './decisions.js';
import { rulesOf } from './rules.js';
import { SCHEMA } from './schema.js';

const decisions = new Decisions({ remember: false });
const ROLES: readonly AnyRole[] = [...Role.options, ...SystemRole.options];

const LOOKING = `
  secret: get
  usage: get summary
  rotation: get_policy list_policies list_due list_runs get_run
  workspace: get
  grant: list
  policy: list get check
  access: explain what_if
  event: list
  finding: list get`;

const LOOKING_ABOVE = `
  principal: get list
  token: list
  parked: list`;

/** Asked above all workspaces and nowhere else, whoever may do it. */
const ABOVE = `
  principal: register get list suspend quarantine release
  token: issue revoke list
  parked: list replay`;

// Written by hand: who reads it decides whether it is right.
const DELEGATED: Readonly<Record<AnyRole, string>> = {
  internal_admin: `
    secret: get create add_version revoke disable enable delete undelete quarantine release
    usage: get summary
    rotation: get_policy set_policy delete_policy start list_policies list_due list_runs get_run
    workspace: create get configure
    principal: register get list suspend quarantine release bind_role unbind_role
    grant: give withdraw list
    token: issue revoke list
    policy: publish withdraw list get check
    access: explain what_if
    event: list
    finding: list get
    parked: list replay`,
  workspace_admin: `
    secret: get create add_version revoke disable enable delete undelete quarantine release
    usage: get summary
    rotation: get_policy set_policy delete_policy start list_policies list_due list_runs get_run
    workspace: get
    principal: bind_role unbind_role
    grant: give withdraw list
    policy: publish withdraw list get check
    access: explain what_if
    event: list
    finding: list get`,
  security_analyst: `${LOOKING} ${LOOKING_ABOVE}
    secret: quarantine release
    principal: quarantine release`,
  auditor: `${LOOKING} ${LOOKING_ABOVE}`,
  service: 'secret: decrypt',
  gateway: `
    session: authenticate
    access: decide`,
  rotation_scheduler: `
    secret: get generate_version
    session: introspect`,
  backend: 'session: introspect',
};

const STRICT: Readonly<Record<AnyRole, string>> = {
  ...DELEGATED,
  workspace_admin: `${LOOKING}
    secret: quarantine release`,
};

const EXPECTED: Readonly<Record<WorkspaceProfile, Readonly<Record<AnyRole, string>>>> = {
  strict: STRICT,
  delegated: DELEGATED,
};

/** `secret: get create` are `secret.get` and `secret.create`. */
function listed(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.includes(':'));
  return lines.flatMap((line) => {
    const [aggregate = '', verbs = ''] = line.trim().split(': ');
    return verbs
      .trim()
      .split(/ +/)
      .map((verb) => `${aggregate}.${verb}`);
  });
}

interface Bound {
  readonly of: Workspace;
  readonly where: Workspace;
}

/** All that a role permits whoever has it of one workspace and asks in another; binding, an ordinary role. */
function permitted(role: AnyRole, profile: WorkspaceProfile, { of, where }: Bound): readonly Permission[] {
  const facts = factsOf({ principalState: having(role, of), workspaceState: room({ profile }), workspace: where });
  return Permission.options.filter(
    (permission) =>
      (declarationOf(permission).on === 'workspace' || where === acme) &&
      decisions.decide(facts, asked({ permission }, { role: 'auditor' })).allowed,
  );
}

const everyRole = WorkspaceProfile.options.flatMap((profile) => ROLES.map((role) => ({ profile, role })));

describe('the rules', () => {
  it.each(WorkspaceProfile.options)(
    'of the profile %s are valid Cedar, with nothing that could never be',
    (profile) => {
      const answer = validate({ schema: SCHEMA, policies: { staticPolicies: { ...rulesOf(profile) } } });
      expect(answer).toEqual({ type: 'success', validationErrors: [], validationWarnings: [], otherWarnings: [] });
    },
  );

  it('are told of permissions that there are, and leave none to nobody', () => {
    const told = ROLES.flatMap((role) => listed(DELEGATED[role]));
    expect([...new Set(told)].toSorted()).toEqual(Object.keys(PERMISSIONS).toSorted());
  });
});

describe.each(everyRole)('where the profile is $profile, $role', ({ profile, role }) => {
  const of = Permission.options.filter((permission) => listed(EXPECTED[profile][role]).includes(permission));
  const expected = of.filter((permission) => !listed(ABOVE).includes(permission));

  it('permits exactly what is listed, in its workspace', () => {
    expect(permitted(role, profile, { of: acme, where: acme })).toEqual(expected);
  });
  it('permits the same in every workspace, where it is bound in all, and some more above them', () => {
    expect(permitted(role, profile, { of: system, where: acme })).toEqual(expected);
    const above = of.filter((permission) => declarationOf(permission).on === 'workspace');
    expect(permitted(role, profile, { of: system, where: system })).toEqual(above);
  });
  it('permits nothing in another workspace, nor above all', () => {
    expect(permitted(role, profile, { of: globex, where: acme })).toEqual([]);
    expect(permitted(role, profile, { of: acme, where: system })).toEqual([]);
  });
});

describe('an administrator of a workspace', () => {
  const facts = factsOf({
    principalState: having('workspace_admin'),
    workspaceState: room({ profile: 'delegated' }),
  });
  const may = (permission: Permission, role?: string): boolean =>
    decisions.decide(facts, asked({ permission }, { role })).allowed;

  it.each(['principal.bind_role', 'principal.unbind_role'] as const)(
    'may ask %s for no administrator of all',
    (verb) => {
      const others = Role.options.filter((role) => role !== 'internal_admin');
      expect(others.filter((role) => may(verb, role))).toEqual(others);
      expect(may(verb, 'internal_admin')).toBe(false);
    },
  );
  it('binds no role that nobody has named', () => {
    expect(may('principal.bind_role')).toBe(false);
  });
});

describe('two roles', () => {
  it('permit together what each of them does', () => {
    const roles = (['auditor', 'service'] as const).map((role) => ({ role, workspace: acme }));
    const facts = factsOf({ principalState: somebody({ roles }) });
    const may = (permission: Permission) => decisions.decide(facts, asked({ permission }));
    expect(may('secret.decrypt')).toMatchObject({ allowed: true, decidedBy: ['role:service'] });
    expect(may('event.list')).toMatchObject({ allowed: true, decidedBy: ['role:auditor'] });
    expect(may('secret.create')).toMatchObject({ allowed: false, reason: 'principal.not_permitted' });
  });
});

describe('a process of Keytrail itself', () => {
  const anything = 'permit (principal, action == Keytrail::Action::"secret.decrypt", resource);';

  it.each(ROLES)('never obtains a value, whatever permits it, with the role %s', (role) => {
    const roles = [
      { role, workspace: system },
      { role: 'service', workspace: acme },
    ] as const;
    const own = { roles, grants: [grantOf()], nkey: `U${'A'.repeat(55)}` };
    const decide = (nkey: string | null) =>
      decisions.decide(
        factsOf({ principalState: somebody({ ...own, nkey }), workspaceState: room({}, anything) }),
        asked(),
      );
    expect(decide(own.nkey)).toMatchObject({
      allowed: false,
      reason: 'principal.not_permitted',
      decidedBy: ['rule:own-processes-read-no-values'],
    });
    expect(decide(null)).toMatchObject({ allowed: true });
  });
});
