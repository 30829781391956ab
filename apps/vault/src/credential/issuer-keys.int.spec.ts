/** Where an issuer's keys come from: servers that rotate, are slow, huge, elsewhere, broken, or ask who we are. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { certificates, temporaryFolder } from '@keytrail/testing';
import {
  type Behaviour,
  claimsAt,
  type LocalIssuer,
  sign,
  type SigningPair,
  signingPair,
  startIssuer,
} from './issuer.fixture.js';
import { IssuerUnavailable } from './issuer-keys.js';
import type { Issuer } from './issuers.js';
import { JwtVerifier } from './jwt.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const PAUSE_MS = 10_000;
const FRESH_MS = 600_000;
const DISCOVERY = '/.well-known/openid-configuration';

let issuer: LocalIssuer;
let pair: SigningPair;
let verifier: JwtVerifier;

beforeEach(async () => {
  issuer = await startIssuer();
  pair = issuer.state.keys[0] as SigningPair;
  verifier = new JwtVerifier([issuer.configuration()]);
});
afterEach(() => issuer.stop());

/** A token of this moment, shown at this moment. */
async function show(signer: SigningPair, nowMs = NOW): Promise<string> {
  const verdict = await verifier.verify(await sign(claimsAt(issuer.url, nowMs), signer), nowMs);
  return verdict.ok ? 'ok' : verdict.reason;
}

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens at a time', async () => {
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => show(pair)));
    expect(new Set(verdicts)).toEqual(new Set(['ok']));
    expect(issuer.state.requests).toEqual([DISCOVERY, '/jwks']);
  });

  it('are looked for afresh when a token names a new one, also after they have moved', async () => {
    expect(await show(pair)).toBe('ok');
    const next = await signingPair('next');
    issuer.state.discovery = { jwks_uri: `${issuer.url}/moved` };
    issuer.state.behaviours.set('/moved', (response) => response.end(JSON.stringify({ keys: [next.publicJwk] })));
    expect(await show(next, NOW + PAUSE_MS)).toBe('ok');
    expect(await show(pair, NOW + PAUSE_MS)).toBe('jwt.invalid');
  });

  it('are fetched no oftener for a flood of tokens that name unknown ones', async () => {
    expect(await show(pair)).toBe('ok');
    const strangers = Array.from({ length: 50 }, (_, n) => ({ ...pair, kid: `unknown-${n}` }));
    for (const nowMs of [NOW + PAUSE_MS - 1, NOW + PAUSE_MS, NOW + PAUSE_MS + 1]) {
      const verdicts = await Promise.all(strangers.map((stranger) => show(stranger, nowMs)));
      expect(new Set(verdicts)).toEqual(new Set(['jwt.invalid']));
    }
    expect(issuer.jwksRequests()).toBe(2);
    expect(await show(pair, NOW + PAUSE_MS + 2)).toBe('ok');
  });

  it('that are withdrawn are taken for ten minutes and no longer', async () => {
    expect(await show(pair)).toBe('ok');
    issuer.state.keys = [await signingPair('next')];
    expect(await show(pair, NOW + FRESH_MS - 1)).toBe('ok');
    expect(await show(pair, NOW + FRESH_MS)).toBe('jwt.invalid');
  });
});

const broken: readonly (readonly [string, Behaviour])[] = [
  ['answers 500', (response) => response.writeHead(500).end('{"keys":[]}')],
  ['answers no JSON', (response) => response.end('<html>')],
  ['answers another document', (response) => response.end('{"hello":"world"}')],
  ['answers without end', endless],
  ['answers more than it says', (response) => response.end(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`)],
  ['hangs up', (response) => response.destroy()],
  ['hangs up half-way', (response) => response.write('{"keys":', () => response.destroy())],
];

describe('an issuer that cannot be asked is a fault, and no failed authentication', () => {
  it.each(broken)('when it %s', async (_how, behaviour) => {
    for (const route of [DISCOVERY, '/jwks']) {
      issuer.state.behaviours = new Map([[route, behaviour]]);
      verifier = new JwtVerifier([issuer.configuration()]);
      const fault = { name: 'IssuerUnavailable', code: 'service.unavailable', retryable: true };
      await expect(show(pair)).rejects.toMatchObject(fault);
    }
  });

  it('when it does not answer, or never comes to an end', async () => {
    const silent: Behaviour = () => {};
    const slow: Behaviour = (response) => void response.write('{"keys":');
    await Promise.all(
      [silent, slow].map(async (behaviour) => {
        const other = await startIssuer();
        other.state.behaviours.set('/jwks', behaviour);
        const shown = await sign(claimsAt(other.url, NOW), pair);
        await expect(new JwtVerifier([other.configuration()]).verify(shown, NOW)).rejects.toThrow(IssuerUnavailable);
        await other.stop();
      }),
    );
  });

  it('when it is not there', async () => {
    await issuer.stop();
    await expect(show(pair)).rejects.toThrow(IssuerUnavailable);
  });

  it.each([DISCOVERY, '/jwks'])('when it sends us elsewhere from %s, where nobody goes', async (route) => {
    const elsewhere = await startIssuer();
    const location = `${elsewhere.url}${route}`;
    issuer.state.behaviours.set(route, (response) => response.writeHead(302, { location }).end('{"keys":[]}'));
    await expect(show(pair)).rejects.toThrow(IssuerUnavailable);
    expect(elsewhere.state.requests).toEqual([]);
    await elsewhere.stop();
  });

  it.each([
    ['speaks of another issuer', { issuer: 'https://evil.test' }],
    ['speaks of an issuer with a slash', { issuer: 'http://127.0.0.1/' }],
    ['names keys in a file', { jwks_uri: 'file:///etc/passwd' }],
    ['names no keys', { jwks_uri: undefined }],
  ])('when its document %s', async (_what, discovery) => {
    issuer.state.discovery = discovery;
    await expect(show(pair)).rejects.toThrow(IssuerUnavailable);
    expect(issuer.jwksRequests()).toBe(0);
  });

  it('when its document names keys that others could change on the way', async () => {
    issuer.state.discovery = { jwks_uri: `${issuer.url.replace('127.0.0.1', '0.0.0.0')}/jwks` };
    await expect(show(pair)).rejects.toThrow(IssuerUnavailable);
    expect(issuer.jwksRequests()).toBe(0);
  });

  it('is asked again after a while, not at once, and its known keys are good meanwhile', async () => {
    issuer.state.behaviours.set('/jwks', (response) => response.writeHead(500).end('{"keys":[]}'));
    for (const nowMs of [NOW, NOW + 1, NOW + PAUSE_MS - 1]) {
      await expect(show(pair, nowMs)).rejects.toThrow(IssuerUnavailable);
    }
    expect(issuer.jwksRequests()).toBe(1);
    issuer.state.behaviours.clear();
    expect(await show(pair, NOW + PAUSE_MS)).toBe('ok');

    issuer.state.behaviours.set('/jwks', (response) => response.writeHead(500).end('{"keys":[]}'));
    const later = NOW + PAUSE_MS + PAUSE_MS;
    await expect(show(await signingPair('next'), later)).rejects.toThrow(IssuerUnavailable);
    expect(await show(pair, later)).toBe('ok');
    await expect(show(pair, NOW + PAUSE_MS + FRESH_MS)).rejects.toThrow(IssuerUnavailable);
  });
});

describe('an issuer as Kubernetes is one', () => {
  it('tells its keys to who shows the token of the pod, as it stands in its file at that time', async () => {
    await using folder = await temporaryFolder();
    const tokenFile = path.join(folder.path, 'token');
    const cluster: Partial<Issuer> = { jwksUrl: `${issuer.url}/jwks`, tokenFile };
    verifier = new JwtVerifier([issuer.configuration(cluster)]);
    issuer.state.bearer = 'pod-token-2';

    await expect(show(pair)).rejects.toThrow(IssuerUnavailable);
    fs.writeFileSync(tokenFile, 'pod-token-1\n');
    await expect(show(pair, NOW + PAUSE_MS)).rejects.toThrow(IssuerUnavailable);
    fs.writeFileSync(tokenFile, 'pod-token-2\n');
    expect(await show(pair, NOW + 2 * PAUSE_MS)).toBe('ok');
    expect(issuer.state.requests).toEqual(['/jwks', '/jwks']);
  });

  it('is known by an authority of its own, and not heard by others', async () => {
    await using folder = await temporaryFolder();
    const { caFile, certFile, keyFile } = await certificates({ dir: folder.path });
    const cluster = await startIssuer({ tls: { cert: fs.readFileSync(certFile), key: fs.readFileSync(keyFile) } });
    const token = await sign(claimsAt(cluster.url, NOW), cluster.state.keys[0] as SigningPair);

    const mistrusting = new JwtVerifier([cluster.configuration()]);
    await expect(mistrusting.verify(token, NOW)).rejects.toThrow(IssuerUnavailable);
    expect(cluster.state.requests).toEqual([]);
    const trusting = new JwtVerifier([cluster.configuration({ caFile })]);
    expect(await trusting.verify(token, NOW)).toMatchObject({ ok: true });
    await cluster.stop();
  });
});

function endless(response: Parameters<Behaviour>[0]): void {
  if (!response.destroyed) response.write(' '.repeat(65_536), () => endless(response));
}
