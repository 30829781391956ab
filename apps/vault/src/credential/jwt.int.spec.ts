/** JWTs as a real issuer on this machine makes them, and as those who are none would like to. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import { type CryptoKey, exportSPKI, importJWK, SignJWT } from 'jose';
import {
  AUDIENCE,
  claimsAt,
  compact,
  type LocalIssuer,
  sign,
  type SigningPair,
  signingPair,
  startIssuer,
} from './issuer.fixture.js';
import { JwtVerifier } from './jwt.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const SECOND = 1_000;
const invalid = { ok: false, reason: 'jwt.invalid' };
const malformed = { ok: false, reason: 'credential.malformed' };

let issuer: LocalIssuer;
let pair: SigningPair;
let verifier: JwtVerifier;

beforeEach(async () => {
  issuer = await startIssuer();
  pair = issuer.state.keys[0] as SigningPair;
  verifier = new JwtVerifier([issuer.configuration()]);
});
afterEach(() => issuer.stop());

const claims = (changes: Record<string, unknown> = {}) => claimsAt(issuer.url, NOW, changes);
const token = (changes: Record<string, unknown> = {}) => sign(claims(changes), pair);

/** And a good token is still taken afterwards. */
async function expectRefused(given: string, verdict: unknown = invalid): Promise<void> {
  expect(await verifier.verify(given, NOW)).toEqual(verdict);
  expect(await verifier.verify(await token(), NOW)).toMatchObject({ ok: true });
}

describe('a token of an issuer that we believe', () => {
  it('tells whose it is, and until when', async () => {
    expect(await verifier.verify(await token(), NOW)).toEqual({
      ok: true,
      name: { issuer: issuer.url, subject: 'alice' },
      expiresAtMs: NOW + 305 * SECOND,
    });
  });

  it.each(['RS256', 'ES256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const other = await signingPair('other', alg);
    issuer.state.keys.push(other);
    expect(await verifier.verify(await sign(claims(), other), NOW)).toMatchObject({ ok: true });
  });

  it.each(['JWT', 'at+jwt', undefined])('may be of the type %s', async (typ) => {
    expect(await verifier.verify(await sign(claims(), pair, { typ }), NOW)).toMatchObject({ ok: true });
  });

  it('may be of a Kubernetes ServiceAccount', async () => {
    const subject = 'system:serviceaccount:payments:billing';
    const verified = await verifier.verify(await token({ sub: subject, aud: [AUDIENCE] }), NOW);
    expect(verified).toMatchObject({ ok: true, name: { subject } });
  });

  it('is taken while the clocks differ by no more than is tolerated', async () => {
    const late = await token({ exp: NOW / SECOND - 4 });
    const early = await token({ nbf: NOW / SECOND + 5, iat: NOW / SECOND + 5 });
    expect(await verifier.verify(late, NOW)).toMatchObject({ ok: true, expiresAtMs: NOW + SECOND });
    expect(await verifier.verify(early, NOW)).toMatchObject({ ok: true });
  });

  it('ends with its greatest age, where that is before its own end', async () => {
    const strict = new JwtVerifier([issuer.configuration({ maxAgeSeconds: 60 })]);
    expect(await strict.verify(await token(), NOW)).toMatchObject({ expiresAtMs: NOW + 55 * SECOND });
    expect(await strict.verify(await token({ iat: NOW / SECOND - 66 }), NOW)).toEqual(invalid);
    expect(await strict.verify(await token({ iat: undefined }), NOW)).toEqual(invalid);
  });
});

describe('a token whose claims do not fit is refused', () => {
  const now = NOW / SECOND;
  it.each([
    ['for somebody else', { aud: 'https://other.test' }],
    ['for us and for somebody else, who could show it here', { aud: [AUDIENCE, 'https://other.test'] }],
    ['for two others', { aud: ['https://a.test', 'https://b.test'] }],
    ['for nobody', { aud: undefined }],
    ['expired', { exp: now - 5 }],
    ['without an end', { exp: undefined }],
    ['with an end that is no number', { exp: String(now + 300) }],
    ['with an end that no clock will show', { exp: 1e300 }],
    ['not valid yet', { nbf: now + 6 }],
    ['issued in the future', { iat: now + 6 }],
    ['issued at no time', { iat: 'now' }],
    ['without a subject', { sub: undefined }],
    ['with a subject that is a number', { sub: 7 }],
    ['with a subject that is a list', { sub: ['alice'] }],
    ['with an empty subject', { sub: '' }],
    ['with too long a subject', { sub: 'a'.repeat(301) }],
    ['with a NUL in its subject', { sub: 'alice\0' }],
    ['with a line break in its subject', { sub: 'alice\nbob' }],
    ['with half a character in its subject', { sub: 'alice\ud800' }],
  ])('%s', async (_what, changes) => {
    await expectRefused(await token(changes));
  });
});

describe('a token that nobody signed for us is refused', () => {
  it.each(['none', 'None', 'NONE'])('alg %s', async (alg) => {
    await expectRefused(compact({ alg }, claims()));
    await expectRefused(compact({ alg, kid: pair.kid }, claims(), 'c2lnbmF0dXJl'));
  });

  it('a MAC under the text of an RSA public key', async () => {
    const rsa = await signingPair('rsa', 'RS256');
    issuer.state.keys.push(rsa);
    const { publicJwk } = rsa;
    const spki = await exportSPKI((await importJWK(publicJwk)) as CryptoKey);
    for (const secret of [spki, JSON.stringify(publicJwk), publicJwk.n as string]) {
      const forged = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'rsa' });
      await expectRefused(await forged.sign(new TextEncoder().encode(secret)));
    }
  });

  it('by another key under the same id', async () => {
    await expectRefused(await sign(claims(), await signingPair(pair.kid)));
  });

  it('with a claim changed, and with a signature cut off', async () => {
    const [header, , signature] = (await token()).split('.') as [string, string, string];
    const changed = Buffer.from(JSON.stringify(claims({ sub: 'mallory' }))).toString('base64url');
    await expectRefused(`${header}.${changed}.${signature}`);
    await expectRefused(`${header}.${changed}.`);
    await expectRefused((await token()).slice(0, -4));
  });

  it('by an algorithm that is not pinned for this issuer', async () => {
    verifier = new JwtVerifier([issuer.configuration({ algorithms: ['ES256'] })]);
    const rsa = await signingPair('rsa', 'RS256');
    issuer.state.keys.push(rsa);
    await expectRefused(await sign(claims(), rsa));
  });

  it('by a key that is meant for something else, or too weak', async () => {
    const [encryption, weak] = [await signingPair('encryption'), await signingPair('weak')];
    issuer.state.keys.push({ ...encryption, publicJwk: { ...encryption.publicJwk, use: 'enc' } });
    issuer.state.keys.push({ ...weak, publicJwk: { kty: 'RSA', n: 'sXch', e: 'AQAB', kid: 'weak' } });
    await expectRefused(await sign(claims(), encryption));
    await expectRefused(compact({ alg: 'RS256', kid: 'weak' }, claims(), 'c2lnbmF0dXJl'));
  });

  it.each([['jku'], ['x5u']])('by a key that its header names by %s: nobody fetches it', async (parameter) => {
    await using evil = await disposable(startIssuer());
    const [stranger] = evil.state.keys as [SigningPair];
    await expectRefused(await sign(claims(), stranger, { [parameter]: `${evil.url}/jwks` }));
    expect(evil.state.requests).toEqual([]);
  });

  it('by a key that its header brings along', async () => {
    const stranger = await signingPair('stranger');
    await expectRefused(await sign(claims(), stranger, { jwk: stranger.publicJwk }));
    await expectRefused(await sign(claims(), { ...stranger, kid: pair.kid }, { jwk: stranger.publicJwk }));
  });

  it('with a critical header that we do not know', async () => {
    const header = { alg: 'ES256', kid: pair.kid, crit: ['exp'], exp: 1 };
    await expectRefused(compact(header, claims(), 'c2lnbmF0dXJl'));
    const unencoded = new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: pair.kid, crit: ['x'], x: 1 });
    await expectRefused(await unencoded.sign(pair.privateKey, { crit: { x: true } }));
  });
});

describe('what is no token of an issuer that we believe', () => {
  it.each([
    ['nothing', ''],
    ['two parts', 'a.b'],
    ['three parts of nothing', '..'],
    ['four parts', 'a.b.c.d'],
    ['claims that are no object', compact({ alg: 'ES256' }, ['iss'])],
    ['claims that are no JSON', `${Buffer.from('{}').toString('base64url')}.e30x.`],
  ])('is malformed: %s', async (_what, text) => {
    await expectRefused(text, malformed);
  });

  it('is malformed when it is huge, whoever signed it', async () => {
    const huge = await token({ padding: 'x'.repeat(LIMITS.jwtCharacters) });
    await expectRefused(huge, malformed);
  });

  it.each([['https://evil.test'], [undefined], [7], [{}], ['__proto__']])('is of nobody: iss %p', async (iss) => {
    expect(await verifier.verify(await token({ iss }), NOW)).toEqual({ ok: false, reason: 'jwt.issuer_unknown' });
    expect(issuer.state.requests).toEqual([]);
  });

  it('is of nobody when its issuer differs by a slash', async () => {
    const slashed = await token({ iss: `${issuer.url}/` });
    expect(await verifier.verify(slashed, NOW)).toEqual({ ok: false, reason: 'jwt.issuer_unknown' });
  });

  it('is of nobody once its issuer is removed', async () => {
    expect(await new JwtVerifier([]).verify(await token(), NOW)).toEqual({ ok: false, reason: 'jwt.issuer_unknown' });
  });

  it('is invalid in the name of another issuer, whose key has the same id', async () => {
    await using other = await disposable(startIssuer());
    verifier = new JwtVerifier([issuer.configuration(), other.configuration()]);
    const [foreign] = other.state.keys as [SigningPair];
    expect(foreign.kid).toBe(pair.kid);
    await expectRefused(await sign(claims(), foreign));
    await expectRefused(await sign(claimsAt(other.url, NOW), pair));
  });
});

async function disposable(started: Promise<LocalIssuer>): Promise<LocalIssuer & AsyncDisposable> {
  const running = await started;
  return { ...running, [Symbol.asyncDispose]: running.stop };
}
