/** Who obtains which version, and why not. */
import { describe, expect, it } from '@jest/globals';
import type { SecretId } from '@keytrail/contracts';
import type { ExistingSecret } from '../secret/secret.decider.js';
import { type AccessFacts, type AccessRequest, decideAccess } from './access.decider.js';

const secretId = '01890000-0000-7000-8000-000000000001' as SecretId;
const expiresAt = '2026-01-31T12:00:00.000Z';
const lasting = { keyId: 'key-1', expiresAt: null };
const passing = { keyId: 'key-1', expiresAt };

const facts = (secret: Partial<ExistingSecret> = {}): AccessFacts => ({
  workspaceExists: true,
  secret: { exists: true, secretId, versions: [lasting, passing], revokedThrough: 0, ...secret },
});
const ask = (request: Partial<AccessRequest> = {}): AccessRequest => ({ expired: false, ...request });

describe('an attempt', () => {
  it('obtains the current version', () => {
    expect(decideAccess(ask(), facts())).toEqual({ allowed: true, secretId, version: 2, validUntil: expiresAt });
  });

  it('obtains an older version that it names', () => {
    expect(decideAccess(ask({ version: 1 }), facts())).toEqual({
      allowed: true,
      secretId,
      version: 1,
      validUntil: null,
    });
  });

  it('obtains the version that re-authorised a revoked secret', () => {
    expect(decideAccess(ask(), facts({ revokedThrough: 1 }))).toMatchObject({ allowed: true, version: 2 });
  });

  it.each([
    ['workspace.not_found', ask(), { ...facts(), workspaceExists: false }],
    ['secret.not_found', ask(), { workspaceExists: true, secret: { exists: false } as const }],
    ['secret.revoked', ask(), facts({ revokedThrough: 2 })],
    ['secret.revoked', ask({ version: 7 }), facts({ revokedThrough: 2 })],
    ['version.not_found', ask({ version: 3 }), facts()],
    ['version.revoked', ask({ version: 1 }), facts({ revokedThrough: 1 })],
    ['version.expired', ask({ expired: true }), facts()],
  ])('is refused for %s', (reason, request, known) => {
    expect(decideAccess(request, known)).toMatchObject({ allowed: false, reason });
  });

  it('names the secret in a refusal where there is one', () => {
    expect(decideAccess(ask({ version: 3 }), facts())).toHaveProperty('secretId', secretId);
    expect(decideAccess(ask(), { workspaceExists: true, secret: { exists: false } })).not.toHaveProperty('secretId');
  });
});
