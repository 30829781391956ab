/** Roles, which of them people may have, and what scopes leave of what somebody may. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Permission } from './permission.js';
import { AnyRole, isInScope, Role, RoleBinding, Scope, SystemRole } from './role.js';

const scopes = (...texts: readonly string[]) => texts.map((text) => Scope.parse(text));

describe('the roles', () => {
  it('of people, services and workloads are these', () => {
    expect(Role.options).toEqual(['internal_admin', 'workspace_admin', 'security_analyst', 'auditor', 'service']);
  });
  it('of processes of Keytrail are these, and nobody else may be given one', () => {
    expect(SystemRole.options).toEqual(['gateway', 'rotation_scheduler', 'backend']);
    expect(SystemRole.options.filter((role) => Role.safeParse(role).success)).toEqual([]);
    expect(SystemRole.options.filter((role) => !AnyRole.safeParse(role).success)).toEqual([]);
  });
  it.each(['admin', 'Service', 'service ', '', 'toString', null])('are not %j', (role) => {
    expect(AnyRole.safeParse(role).success).toBe(false);
  });
  it('are bound in a workspace, or above all of them', () => {
    const isBinding = (workspace: unknown) => RoleBinding.safeParse({ role: 'service', workspace }).success;
    expect(['acme', '_system'].map(isBinding)).toEqual([true, true]);
    expect(['_all', '*', '', undefined].map(isBinding)).toEqual([false, false, false, false]);
  });
});

describe('a scope', () => {
  it.each(['secret.decrypt', 'secret.*', 'rotation.list_runs', 'nothing.of_the_kind'])('may be %s', (text) => {
    expect(Scope.safeParse(text).success).toBe(true);
  });
  it.each([
    'secret',
    'secret.',
    '*.decrypt',
    '*.*',
    '*',
    'secret.d*',
    'secret.decrypt.more',
    'Secret.*',
    'secret.*\n',
    'secret.**',
  ])('may not be %j', (text) => {
    expect(Scope.safeParse(text).success).toBe(false);
  });

  it('lets through what it names, and nothing else', () => {
    const within = (...texts: readonly string[]) =>
      Permission.options.filter((permission) => isInScope(scopes(...texts), permission));
    expect(within('secret.decrypt')).toEqual(['secret.decrypt']);
    expect(within('grant.*')).toEqual(['grant.give', 'grant.withdraw', 'grant.list']);
    expect(within('usage.get', 'token.list')).toEqual(['usage.get', 'token.list']);
    expect(within('secrets.*', 'secre.*', 'usage.ge', 'get.usage')).toEqual([]);
  });
  it('narrows nothing where there is none, and everything where there are none of them', () => {
    expect(Permission.options.filter((permission) => !isInScope(undefined, permission))).toEqual([]);
    expect(Permission.options.filter((permission) => isInScope([], permission))).toEqual([]);
  });

  it('is one of several that each let through what they do alone', () => {
    const anyScope = fc.oneof(
      fc.constantFrom(...Permission.options),
      fc.constantFrom(...Permission.options).map((permission) => `${permission.split('.')[0]}.*`),
    );
    const anyScopes = fc.array(anyScope, { maxLength: 4 }).map((texts) => scopes(...texts));
    fc.assert(
      fc.property(anyScopes, anyScopes, fc.constantFrom(...Permission.options), (some, others, permission) => {
        const either = isInScope(some, permission) || isInScope(others, permission);
        expect(isInScope([...some, ...others], permission)).toBe(either);
      }),
    );
  });
});
