/** Who obtains which version, and why not. */
import { describe, expect, it } from '@jest/globals';
import type { Role, Scope, SecretId, Workspace } from '@keytrail/contracts';
import type { PowersNow } from '../principal/principal.decider.js';
import type { ExistingSecret } from '../secret/secret.decider.js';
import { type AccessFacts, decideAccess } from './access.decider.js';

const secretId = '01890000-0000-7000-8000-000000000001' as SecretId;
const expiresAt = '2026-01-31T12:00:00.000Z';
const lasting = { keyId: 'key-1', expiresAt: null };
const passing = { keyId: 'key-1', expiresAt };

const workspace = 'acme' as Workspace;
const holding = (role: Role, within: string, scopes?: readonly string[]): PowersNow => ({
  ok: true,
  powers: { roles: [{ role, workspace: within as Workspace }], ...(scopes && { scopes: scopes as readonly Scope[] }) },
  validUntil: null,
});

const none: ReadonlySet<number> = new Set();
const facts = (secret: Partial<ExistingSecret> = {}): AccessFacts => ({
  asker: holding('service', 'acme'),
  workspace,
  workspaceExists: true,
  expired: none,
  secret: { exists: true, secretId, versions: [lasting, passing], revokedThrough: 0, ...secret },
});

describe('an attempt', () => {
  it('obtains the current version', () => {
    expect(decideAccess(undefined, facts())).toEqual({ allowed: true, secretId, version: 2, validUntil: expiresAt });
  });

  it('obtains an older version that it names', () => {
    expect(decideAccess(1, facts())).toEqual({
      allowed: true,
      secretId,
      version: 1,
      validUntil: null,
    });
  });

  it('obtains an older version though the current one has expired', () => {
    expect(decideAccess(1, { ...facts(), expired: new Set([2]) })).toMatchObject({ allowed: true, version: 1 });
  });

  it('obtains the version that re-authorised a revoked secret', () => {
    expect(decideAccess(undefined, facts({ revokedThrough: 1 }))).toMatchObject({ allowed: true, version: 2 });
  });

  it.each([
    ['workspace.not_found', undefined, { ...facts(), workspaceExists: false }],
    ['secret.not_found', undefined, { ...facts(), secret: { exists: false } as const }],
    ['secret.revoked', undefined, facts({ revokedThrough: 2 })],
    ['secret.revoked', 7, facts({ revokedThrough: 2 })],
    ['version.not_found', 3, facts()],
    ['version.revoked', 1, facts({ revokedThrough: 1 })],
    ['version.expired', undefined, { ...facts(), expired: new Set([2]) }],
  ])('is refused for %s', (reason, version, known) => {
    expect(decideAccess(version, known)).toMatchObject({ allowed: false, reason });
  });

  it.each([
    ['a service of this workspace', holding('service', 'acme')],
    ['a service of all workspaces', holding('service', '_system')],
    ['a token for decrypting', holding('service', 'acme', ['secret.decrypt'])],
    ['a token for whatever concerns secrets', holding('service', 'acme', ['secret.*'])],
  ])('is allowed to %s', (_, asker) => {
    expect(decideAccess(undefined, { ...facts(), asker })).toMatchObject({ allowed: true });
  });

  it.each([
    ['principal.not_permitted', 'a service of another workspace', holding('service', 'globex')],
    ['principal.not_permitted', 'an administrator', holding('internal_admin', '_system')],
    ['principal.not_permitted', 'an analyst', holding('security_analyst', '_system')],
    ['principal.not_permitted', 'a token for something else', holding('service', 'acme', ['secret.get'])],
    ['principal.suspended', 'somebody suspended', { ok: false, reason: 'principal.suspended' }],
    ['credential.revoked', 'a revoked token', { ok: false, reason: 'token.revoked' }],
    ['credential.revoked', 'a token that is not known any more', { ok: false, reason: 'token.unknown' }],
    ['credential.expired', 'an expired token', { ok: false, reason: 'token.expired' }],
  ] as const)('is refused for %s to %s, whatever stands there', (reason, _, asker) => {
    const nothing = { workspaceExists: false, secret: { exists: false } } as const;
    expect(decideAccess(undefined, { ...facts(), asker })).toEqual({ allowed: false, reason });
    expect(decideAccess(undefined, { ...facts(), ...nothing, asker })).toEqual({ allowed: false, reason });
  });

  it('names the secret in a refusal where there is one', () => {
    expect(decideAccess(3, facts())).toHaveProperty('secretId', secretId);
    expect(decideAccess(undefined, { ...facts(), secret: { exists: false } })).not.toHaveProperty('secretId');
  });
});
