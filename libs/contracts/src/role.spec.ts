/** Who may ask what: the table of roles, workspaces and scopes. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Workspace } from './ids.js';
import { AnyRole, permits, Role, type Operation, type RoleBinding, type Scope, SystemRole } from './role.js';

const acme = 'acme' as Workspace;
const globex = 'globex' as Workspace;
const system: Workspace = '_system';

const operation = (name: string): Operation => {
  const [service, aggregate, verb] = name.split('.') as [string, string, string];
  return { service, aggregate, verb };
};
const may = (role: AnyRole, name: string, { of = acme, where = acme }: Bound = {}): boolean =>
  permits({ roles: [{ role, workspace: of }] }, operation(name), where);

/** Of which workspace the role is, and in which it is used. */
interface Bound {
  readonly of?: Workspace;
  readonly where?: Workspace;
}

const OPERATIONS = [
  'vault.secret.decrypt',
  'vault.secret.create',
  'vault.secret.add_version',
  'vault.secret.revoke',
  'vault.secret.generate_version',
  'vault.secret.get',
  'vault.workspace.create',
  'vault.principal.register',
  'vault.token.issue',
  'vault.session.authenticate',
  'vault.session.introspect',
  'rotation.rotation.start',
  'rotation.rotation.list_runs',
  'rotation.parked.replay',
  'audit.event.list',
  'audit.parked.list',
  'anomaly.finding.list',
];

describe('a role', () => {
  // Written by hand: who reads it decides whether it is right.
  it.each([
    [
      'internal_admin',
      'create add_version revoke get workspace.create register issue start list_runs replay event.list parked.list finding',
    ],
    ['security_analyst', 'secret.get list_runs event.list parked.list finding'],
    ['service', 'decrypt'],
    ['gateway', 'authenticate'],
    ['rotation_scheduler', 'secret.get generate_version introspect'],
    ['backend', 'introspect'],
  ] as const)('%s may exactly: %s', (role, words) => {
    const isExpected = (name: string): boolean =>
      words.split(' ').some((word) => name.endsWith(word) || name.includes(`.${word}.`));
    expect(OPERATIONS.filter((name) => may(role, name))).toEqual(OPERATIONS.filter(isExpected));
  });

  it('of one workspace is none in another, nor in all at once', () => {
    expect(may('service', 'vault.secret.decrypt', { where: globex })).toBe(false);
    expect(may('security_analyst', 'audit.event.list', { where: system })).toBe(false);
    expect(may('security_analyst', 'audit.event.list', { of: system, where: globex })).toBe(true);
  });

  it('that releases values changes nothing, and none that changes anything releases values', () => {
    const changes = ['vault.secret.create', 'vault.secret.revoke', 'vault.principal.register'];
    const releasing = [...Role.options, ...SystemRole.options].filter((role) => may(role, 'vault.secret.decrypt'));
    expect(releasing).toEqual(['service']);
    expect(changes.filter((name) => may('service', name))).toEqual([]);
  });
});

describe('a scope', () => {
  const anyOperation = fc.constantFrom(...OPERATIONS).map(operation);
  const anyRole = fc.constantFrom<AnyRole>(...Role.options, ...SystemRole.options);
  const anyRoles = fc.array(fc.record({ role: anyRole, workspace: fc.constantFrom(acme, globex, system) }), {
    maxLength: 4,
  }) as fc.Arbitrary<RoleBinding[]>;
  const anyScopes = fc.array(
    fc.constantFrom('secret.decrypt', 'secret.*', 'event.list', 'principal.*') as fc.Arbitrary<Scope>,
    {
      minLength: 1,
      maxLength: 3,
    },
  );

  it('never widens what the roles permit', () => {
    fc.assert(
      fc.property(anyRoles, anyScopes, anyOperation, (roles, scopes, asked) =>
        [acme, system].every((where) => !permits({ roles, scopes }, asked, where) || permits({ roles }, asked, where)),
      ),
    );
  });

  it('narrows them to what it names', () => {
    const powers = { roles: [{ role: 'internal_admin', workspace: system }], scopes: ['secret.create'] } as const;
    expect(permits(powers as never, operation('vault.secret.create'), acme)).toBe(true);
    expect(permits(powers as never, operation('vault.secret.revoke'), acme)).toBe(false);
  });
});
