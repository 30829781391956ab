/** Who obtains which version, once they may ask, and why not. */
import { describe, expect, it } from '@jest/globals';
import type { Principal, SecretId } from '@keytrail/contracts';
import type { ExistingSecret, SecretState } from '../secret/secret.decider.js';
import { decideAccess } from './access.decider.js';

const secretId = '01890000-0000-7000-8000-000000000001' as SecretId;
const expiresAt = '2026-01-31T12:00:00.000Z';
const noon = Date.parse(expiresAt);
const lasting = { keyId: 'key-1', expiresAt: null };
const passing = { keyId: 'key-1', expiresAt };

const [billing, chatbot] = ['b', 'c'].map((letter) => letter.repeat(26)) as [Principal, Principal];
const heldBack = (principal: Principal | null, until: string | null = null) => ({
  quarantines: [{ principal, until, releaseRequestedBy: null }],
});

const secretOf = (rest: Partial<ExistingSecret> = {}): SecretState => ({
  exists: true,
  secretId,
  versions: [lasting, passing],
  revokedThrough: 0,
  disabled: false,
  deleted: false,
  quarantines: [],
  ...rest,
});
const NO_SECRET: SecretState = { exists: false };

const obtain = (secret: SecretState, version?: number, nowMs = noon - 1) =>
  decideAccess({ principal: billing, version, nowMs }, true, secret);

describe('an attempt', () => {
  it('obtains the current version', () => {
    expect(obtain(secretOf())).toEqual({ allowed: true, secretId, version: 2, validUntil: expiresAt });
  });

  it('obtains an older version that it names', () => {
    expect(obtain(secretOf(), 1)).toEqual({ allowed: true, secretId, version: 1, validUntil: null });
  });

  it('obtains an older version though the current one has expired', () => {
    expect(obtain(secretOf(), 1, noon)).toMatchObject({ allowed: true, version: 1 });
  });

  it('obtains the version that re-authorised a revoked secret', () => {
    expect(obtain(secretOf({ revokedThrough: 1 }))).toMatchObject({ allowed: true, version: 2 });
  });

  it('obtains what is held back from somebody else, or no longer', () => {
    expect(obtain(secretOf(heldBack(chatbot)))).toMatchObject({ allowed: true });
    expect(obtain(secretOf(heldBack(null, new Date(noon - 1).toISOString())))).toMatchObject({ allowed: true });
  });

  it.each([
    ['secret.not_found', undefined, NO_SECRET],
    ['secret.deleted', undefined, secretOf({ deleted: true, disabled: true, ...heldBack(null) })],
    ['secret.quarantined', undefined, secretOf({ disabled: true, revokedThrough: 2, ...heldBack(null) })],
    ['secret.quarantined', 7, secretOf(heldBack(billing))],
    ['secret.quarantined', 1, secretOf(heldBack(null, expiresAt))],
    ['secret.disabled', undefined, secretOf({ disabled: true, revokedThrough: 2 })],
    ['secret.revoked', undefined, secretOf({ revokedThrough: 2 })],
    ['secret.revoked', 7, secretOf({ revokedThrough: 2 })],
    ['version.not_found', 3, secretOf()],
    ['version.revoked', 1, secretOf({ revokedThrough: 1 })],
  ])('is refused for %s', (reason, version, secret) => {
    expect(obtain(secret, version)).toMatchObject({ allowed: false, reason });
  });

  it('is refused from the moment on at which the version expires', () => {
    expect(obtain(secretOf(), undefined, noon)).toMatchObject({ allowed: false, reason: 'version.expired' });
  });

  it('is refused in a workspace that does not exist', () => {
    expect(decideAccess({ principal: billing, version: 1, nowMs: noon }, false, NO_SECRET)).toEqual({
      allowed: false,
      reason: 'workspace.not_found',
    });
  });

  it('names the secret in a refusal where there is one', () => {
    expect(obtain(secretOf(), 3)).toHaveProperty('secretId', secretId);
    expect(obtain(NO_SECRET)).not.toHaveProperty('secretId');
  });
});
