/** The table of permissions: what may be asked at all, and which of it workspaces have a say in. */
import { describe, expect, it } from '@jest/globals';
import { declarationOf, GRANTABLE, GrantablePermission, Permission, permissionOf, PERMISSIONS } from './permission.js';
import { Scope } from './role.js';

const declaredAs = (field: 'group' | 'on' | 'grantable', value: unknown) =>
  Permission.options.filter((permission) => declarationOf(permission)[field] === value);

describe('the permissions', () => {
  it('are each named by an aggregate and a verb, as scopes can name them', () => {
    const names = Object.keys(PERMISSIONS);
    expect(names.filter((name) => !/^[a-z]+\.[a-z]+(?:_[a-z]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => !Scope.safeParse(name).success)).toEqual([]);
    expect(Permission.options).toEqual(names);
  });
  it('that can be granted are these, and all are on a secret', () => {
    expect(GRANTABLE).toEqual([
      'secret.decrypt',
      'secret.get',
      'secret.create',
      'secret.add_version',
      'secret.revoke',
      'secret.disable',
      'secret.enable',
      'secret.delete',
      'secret.undelete',
      'usage.get',
      'rotation.get_policy',
      'rotation.set_policy',
      'rotation.delete_policy',
      'rotation.start',
    ]);
    expect(declaredAs('grantable', true)).toEqual(GRANTABLE);
    expect(GRANTABLE.filter((permission) => declarationOf(permission).on !== 'secret')).toEqual([]);
  });
  it('that change secrets can all be granted', () => {
    expect(declaredAs('group', 'mutation').filter((permission) => !GRANTABLE.includes(permission))).toEqual([]);
    expect(declaredAs('group', 'mutation')).toHaveLength(10);
  });
  it('that say who may what are on a workspace, and can never be granted', () => {
    expect(declaredAs('group', 'delegation')).toEqual([
      'principal.bind_role',
      'principal.unbind_role',
      'grant.give',
      'grant.withdraw',
      'policy.publish',
      'policy.withdraw',
    ]);
    const isOnWorkspace = (permission: Permission) => declarationOf(permission).on === 'workspace';
    expect(declaredAs('group', 'delegation').filter((permission) => !isOnWorkspace(permission))).toEqual([]);
  });
  it('that end a quarantine, or impose one, are nothing that a workspace has a say in', () => {
    const brakes = Permission.options.filter((permission) => /\.(?:quarantine|release)$/.test(permission));
    expect(brakes).toHaveLength(4);
    expect(brakes.filter((permission) => GrantablePermission.safeParse(permission).success)).toEqual([]);
  });
});

describe('an operation', () => {
  it('stands under the permission of its name', () => {
    const found = Permission.options.map((permission) => {
      const [aggregate = '', verb = ''] = permission.split('.');
      return permissionOf({ aggregate, verb });
    });
    expect(found).toEqual(Permission.options);
  });
  it('that is many of another stands under the permission of that', () => {
    expect(permissionOf({ aggregate: 'secret', verb: 'decrypt_batch' })).toBe('secret.decrypt');
  });
  it.each([
    ['secret', 'eat'],
    ['secret', '*'],
    ['Secret', 'get'],
    ['secret', 'get '],
    ['secret.get', ''],
    ['', 'secret.get'],
    ['constructor', 'name'],
    ['__proto__', 'constructor'],
  ])('that nobody may ask has none: %j %j', (aggregate, verb) => {
    expect(permissionOf({ aggregate, verb })).toBeNull();
  });
});
