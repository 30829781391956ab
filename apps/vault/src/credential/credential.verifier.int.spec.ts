/** People and workloads with JWTs of a real issuer: who they are to us, at both doors. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Principal } from '@keytrail/contracts';
import { CredentialVerifier } from './credential.verifier.js';
import { claimsAt, type LocalIssuer, sign, type SigningPair, startIssuer } from './issuer.fixture.js';
import { IssuerUnavailable } from './issuer-keys.js';
import { JwtVerifier } from './jwt.js';
import { MemoryPrincipals } from './principals.fixture.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const context = { enc: 'e'.repeat(43), subject: 'rpc.vault.p.c._system.session.open', nowMs: NOW };

const principals = new MemoryPrincipals();
let issuer: LocalIssuer;
let verifier: CredentialVerifier;
beforeAll(async () => {
  issuer = await startIssuer();
  verifier = new CredentialVerifier(principals, new JwtVerifier([issuer.configuration()]));
});
afterAll(() => issuer.stop());

const tokenOf = (subject: string) =>
  sign(claimsAt(issuer.url, NOW, { sub: subject }), issuer.state.keys[0] as SigningPair);
const register = (subject: string): Principal => principals.register({ name: { issuer: issuer.url, subject } });

const doors = [
  ['in a session’s set-up', (token: string) => verifier.verify({ type: 'jwt', token }, context)],
  ['shown to nats-server', (token: string) => verifier.verifyConnectSecret(token, NOW)],
] as const;

describe.each(doors)('a JWT %s', (door, show) => {
  it('stands for whoever is registered under its issuer and subject, until it ends', async () => {
    const principal = register(`alice ${door}`);
    const verified = { principal, type: 'jwt', expiresAtMs: NOW + 305_000 };
    expect(await show(await tokenOf(`alice ${door}`))).toEqual({ ok: true, verified });
    expect(principals.uses).toHaveLength(0);
  });

  it('stands for nobody where nobody is registered, or under another issuer', async () => {
    principals.register({ name: { issuer: 'https://other.test', subject: `bob ${door}` } });
    expect(await show(await tokenOf(`bob ${door}`))).toEqual({ ok: false, reason: 'jwt.subject_unknown' });
  });

  it('stands for nobody who is suspended', async () => {
    principals.tell(register(`carol ${door}`), { type: 'PrincipalSuspended', data: {} });
    expect(await show(await tokenOf(`carol ${door}`))).toEqual({ ok: false, reason: 'principal.suspended' });
  });

  it('keeps its reason', async () => {
    const unsigned = (await tokenOf('alice')).replace(/[^.]+$/, '');
    expect(await show(unsigned)).toEqual({ ok: false, reason: 'jwt.invalid' });
  });

  it('is a fault where its issuer cannot be asked', async () => {
    const gone = await startIssuer();
    await gone.stop();
    const lonely = new CredentialVerifier(principals, new JwtVerifier([gone.configuration()]));
    const token = await sign(claimsAt(gone.url, NOW), issuer.state.keys[0] as SigningPair);
    await expect(lonely.verify({ type: 'jwt', token }, context)).rejects.toThrow(IssuerUnavailable);
    await expect(lonely.verifyConnectSecret(token, NOW)).rejects.toThrow(IssuerUnavailable);
  });
});
