/** Who may what, as far as the events can be read. */
import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@keytrail/crypto';
import { principalIn, type StreamEvent, workspaceIn } from './standing.js';

const told = (type: string, details: object = {}): StreamEvent => ({
  subject: 'a'.repeat(26),
  type: `keytrail.${type}.v1`,
  details: details as StreamEvent['details'],
});
const REGISTERED = told('principal.PrincipalRegistered', { kind: 'user' });
const grant = (more: object = {}) =>
  told('principal.GrantGiven', {
    grantId: uuidv7(),
    pattern: 'tenant.acme.*.*',
    permissions: ['secret.decrypt'],
    ...more,
  });

describe('somebody', () => {
  it('is what the events of their stream tell, in order', () => {
    const bound = { role: 'service', workspace: 'acme' };
    const events = [REGISTERED, told('principal.RoleBound', bound), grant(), told('principal.RoleUnbound', bound)];
    expect(principalIn(events)).toMatchObject({
      state: { exists: true, kind: 'user', roles: [], grants: [{ pattern: 'tenant.acme.*.*' }] },
      revision: 4,
    });
  });

  it('of whom nothing is told is nobody', () => {
    expect(principalIn([])).toEqual({ state: { exists: false }, revision: 0 });
  });

  it.each<[string, StreamEvent]>([
    ['of another aggregate', told('workspace.PolicyPublished', { name: 'x', version: 1, source: 'x' })],
    ['of another aggregate by a name of this one', { ...REGISTERED, type: 'keytrail.secret.PrincipalSuspended.v1' }],
    ['of a later version', { ...REGISTERED, type: 'keytrail.principal.PrincipalSuspended.v2' }],
    ['that this version does not know', told('principal.PrincipalRenamed')],
    ['named like a key of every object', told('principal.constructor')],
    ['whose data cannot be read', grant({ pattern: '*' })],
  ])('is not changed by an event %s', (_, event) => {
    expect(principalIn([REGISTERED, event])).toEqual({ ...principalIn([REGISTERED]), revision: 2 });
  });
});

describe('a workspace', () => {
  it('is what the events of its stream tell, in order', () => {
    const policy = (version: number) => told('workspace.PolicyPublished', { name: 'p', version, source: `${version}` });
    const created = told('workspace.WorkspaceCreated', { keyId: 'k' });
    expect(workspaceIn([created, policy(1), policy(2)])).toMatchObject({
      state: { exists: true, profile: 'strict', policies: [{ name: 'p', version: 2 }] },
      revision: 3,
    });
    expect(workspaceIn([])).toMatchObject({ state: { exists: false }, revision: 0 });
  });
});
