/** Tokens, connect secrets and nkeys: whose they are, and everything for which they are refused. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Credential, Principal, PrincipalEvent, Scope, TokenId } from '@keytrail/contracts';
import { mintApiToken } from '@keytrail/crypto';
import { mintIdentity, nkeyCredential } from '@keytrail/nats';
import { CredentialVerifier } from './credential.verifier.js';
import { JwtVerifier } from './jwt.js';
import { MemoryPrincipals } from './principals.fixture.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const context = { enc: 'e'.repeat(43), subject: 'rpc.vault.p.c._system.session.open', nowMs: NOW };
const suspended: PrincipalEvent = { type: 'PrincipalSuspended', data: {} };
const revoked = (tokenId: TokenId): PrincipalEvent => ({ type: 'TokenRevoked', data: { tokenId } });
const at = (ms: number): string => new Date(ms).toISOString();

let principals: MemoryPrincipals;
let verifier: CredentialVerifier;
let billing: Principal;
beforeEach(() => {
  principals = new MemoryPrincipals();
  verifier = new CredentialVerifier(principals, new JwtVerifier([]));
  billing = principals.register();
});

type Issued = ReturnType<MemoryPrincipals['issue']>;

/** The same rules at both doors; each is shown what is shown there. */
const doors = [
  ['a token, in a session’s set-up', ({ token }: Issued) => verifier.verify({ type: 'api_token', token }, context)],
  ['a connect secret', ({ connectSecret }: Issued) => verifier.verifyConnectSecret(connectSecret, NOW)],
] as const;

describe.each(doors)('%s', (_door, show) => {
  it('stands for its principal, without an end and for all that it may', async () => {
    const issued = principals.issue(billing);
    const verified = { principal: billing, type: 'api_token', tokenId: issued.tokenId, expiresAtMs: null };
    expect(await show(issued)).toEqual({ ok: true, verified });
    expect(principals.uses).toEqual([issued.tokenId]);
  });

  it('tells its scopes and its end', async () => {
    const scopes = ['secret.decrypt'] as Scope[];
    const issued = principals.issue(billing, { scopes, expiresAt: at(NOW + 1) });
    expect(await show(issued)).toMatchObject({ ok: true, verified: { scopes, expiresAtMs: NOW + 1 } });
  });

  it('that is unknown is told from a wrong one by nobody but the audit', async () => {
    const [unknown, other] = [principals.issue(billing), principals.issue(billing)];
    principals.tokens.delete(unknown.tokenId);
    expect(await show(unknown)).toEqual({ ok: false, reason: 'token.unknown' });

    const wrong = principals.issue(billing);
    principals.tokens.set(wrong.tokenId, principals.tokens.get(other.tokenId)!);
    expect(await show(wrong)).toEqual({ ok: false, reason: 'token.unknown', tokenId: wrong.tokenId });
    expect(principals.uses).toHaveLength(0);
  });

  it.each([
    ['revoked', (_: Principal, { tokenId }: Issued) => revoked(tokenId), 'token.revoked'],
    ['of a suspended principal', () => suspended, 'principal.suspended'],
  ])('that is %s is refused', async (_what, event, reason) => {
    const issued = principals.issue(billing);
    principals.tell(billing, event(billing, issued));
    expect(await show(issued)).toEqual({ ok: false, reason, tokenId: issued.tokenId });
    expect(principals.uses).toHaveLength(0);
  });

  it('is refused from the very moment at which it ends', async () => {
    const issued = principals.issue(billing, { expiresAt: at(NOW) });
    expect(await show(issued)).toEqual({ ok: false, reason: 'token.expired', tokenId: issued.tokenId });
  });

  it('is refused where its principal was never given it', async () => {
    const issued = principals.issue(billing);
    principals.tokens.set(issued.tokenId, {
      ...principals.tokens.get(issued.tokenId)!,
      principal: principals.register(),
    });
    expect(await show(issued)).toEqual({ ok: false, reason: 'token.unknown', tokenId: issued.tokenId });
  });
});

describe('what is of another form than its door takes is malformed, and nobody looks it up', () => {
  const malformed = { ok: false, reason: 'credential.malformed' };
  const mistyped = (token: string): string => token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');

  it('a mistyped token, and a connect secret in its place', async () => {
    const { token, connectSecret } = principals.issue(billing);
    for (const shown of [mistyped(token), ` ${token}`, `${token}\n`, connectSecret, '']) {
      expect(await verifier.verify({ type: 'api_token', token: shown }, context)).toEqual(malformed);
    }
    expect(principals.lookups).toEqual([]);
  });

  it('the token itself, shown to nats-server', async () => {
    const { token, connectSecret } = principals.issue(billing);
    for (const shown of [token, mintApiToken().token, `${connectSecret}=`, connectSecret.slice(0, -1), '', 'a.b.c']) {
      expect(await verifier.verifyConnectSecret(shown, NOW)).toEqual(malformed);
    }
    expect(principals.lookups).toEqual([]);
  });
});

describe('an nkey', () => {
  const [vault, stranger] = [mintIdentity('vault'), mintIdentity('stranger')];
  const signed = (seed: string, over: { enc?: string; subject?: string } = {}) =>
    nkeyCredential(seed)({ ...context, ...over }) as Extract<Credential, { type: 'nkey' }>;
  let service: Principal;
  beforeEach(() => {
    service = principals.register({ nkey: vault.publicKey });
  });

  it('stands for the service that was set up with it', async () => {
    const verified = { principal: service, type: 'nkey', expiresAtMs: null };
    expect(await verifier.verify(signed(vault.seed), context)).toEqual({ ok: true, verified });
  });

  it.each([
    ['for another message', signed(vault.seed, { enc: 'f'.repeat(43) })],
    ['on another subject', signed(vault.seed, { subject: `${context.subject}2` })],
    [
      'with the border between both moved',
      signed(vault.seed, { enc: `${context.enc}r`, subject: context.subject.slice(1) }),
    ],
    ['by another key', { ...signed(stranger.seed), publicKey: vault.publicKey }],
    ['not at all', { ...signed(vault.seed), signature: 'A'.repeat(86) }],
  ])('is refused where it signed %s', async (_what, credential) => {
    expect(await verifier.verify(credential, context)).toEqual({ ok: false, reason: 'nkey.signature_invalid' });
  });

  it('is refused where nobody was set up with it', async () => {
    expect(await verifier.verify(signed(stranger.seed), context)).toEqual({ ok: false, reason: 'nkey.unknown' });
  });

  it('is malformed where its checksum does not fit', async () => {
    const publicKey = vault.publicKey.slice(0, -1) + (vault.publicKey.endsWith('A') ? 'B' : 'A');
    const verdict = await verifier.verify({ ...signed(vault.seed), publicKey }, context);
    expect(verdict).toEqual({ ok: false, reason: 'credential.malformed' });
  });

  it('is refused once its principal is suspended', async () => {
    principals.tell(service, suspended);
    expect(await verifier.verify(signed(vault.seed), context)).toEqual({ ok: false, reason: 'principal.suspended' });
  });
});
