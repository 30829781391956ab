/** The rules by which a file of issuers is read. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { IssuersFile } from './issuers.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

function fileWith(content: unknown, mode = 0o644): string {
  const file = path.join(folder.path, 'issuers.json');
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  fs.chmodSync(file, mode);
  return file;
}

const mistakesOf = (file: string) => IssuersFile.safeParse(file).error?.issues.map(({ message }) => message) ?? [];

const oidc = { issuer: 'https://login.example.com/', audience: 'keytrail' };
const kubernetes = {
  issuer: 'https://kubernetes.default.svc.cluster.local',
  audience: 'keytrail',
  algorithms: ['RS256'],
  jwksUrl: 'https://kubernetes.default.svc/openid/v1/jwks',
  caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
  tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
  maxAgeSeconds: 3600,
};

describe('a file of issuers', () => {
  it('is read, with algorithms pinned where it says nothing of them', () => {
    expect(IssuersFile.parse(fileWith([oidc, kubernetes]))).toEqual([
      { ...oidc, algorithms: ['RS256', 'ES256', 'EdDSA'], clockToleranceSeconds: 5 },
      { ...kubernetes, clockToleranceSeconds: 5 },
    ]);
  });

  it('has every mistake told at once', () => {
    const wrong = [
      { issuer: 'login', audience: '', algorithm: 'RS256' },
      { ...oidc, algorithms: [], caFile: 'ca.pem' },
    ];
    expect(mistakesOf(fileWith(wrong))).toEqual([
      expect.stringContaining('0.issuer'),
      expect.stringContaining('0.audience'),
      expect.stringContaining('unknown key algorithm'),
      expect.stringContaining('1.algorithms'),
      expect.stringContaining('1.caFile is not an absolute path'),
    ]);
  });

  it.each(['none', 'HS256', 'HS512', 'RS1', 'RSA-OAEP'])('never takes the algorithm %s', (algorithm) => {
    expect(mistakesOf(fileWith([{ ...oidc, algorithms: ['ES256', algorithm] }]))).toEqual([
      expect.stringContaining('0.algorithms.1'),
    ]);
  });

  it.each([
    ['http://login.example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://localhost.example.com', false],
    ['https://user:secret@login.example.com', false],
    ['file:///etc/keys', false],
    ['https://login.example.com/tenant/v2.0', true],
    ['http://127.0.0.1:8080', true],
    ['http://[::1]:8080', true],
    ['http://localhost:8080', true],
  ])('takes %s for an issuer: %s', (issuer, isTaken) => {
    expect(mistakesOf(fileWith([{ ...oidc, issuer }]))).toHaveLength(isTaken ? 0 : 1);
    expect(mistakesOf(fileWith([{ ...oidc, jwksUrl: issuer }]))).toHaveLength(isTaken ? 0 : 1);
  });

  it.each(['https://login.example.com?tenant=1', 'https://login.example.com#x'])('takes %s for keys alone', (url) => {
    expect(mistakesOf(fileWith([{ ...oidc, issuer: url }]))).toEqual([expect.stringContaining('0.issuer')]);
    expect(mistakesOf(fileWith([{ ...oidc, jwksUrl: url }]))).toEqual([]);
  });

  it.each([
    ['names an issuer twice', [oidc, oidc], /twice/],
    [
      'would send a token to where a document says',
      [{ ...kubernetes, jwksUrl: undefined }],
      /0\.tokenFile needs jwksUrl/,
    ],
    ['is no array', oidc, /names a file with a mistake/],
    ['has the same key twice', '[{"issuer":"https://a.test","issuer":"https://b.test"}]', /well-formed/],
    ['is no JSON', 'issuer: x', /well-formed/],
  ])('is refused when it %s', (_what, content, sentence) => {
    expect(mistakesOf(fileWith(content))).toEqual([expect.stringMatching(sentence)]);
  });

  it('is refused when others can change it, or nobody can read it', () => {
    expect(mistakesOf(fileWith([oidc], 0o666))).toEqual([expect.stringMatching(/others can change/)]);
    expect(mistakesOf(path.join(folder.path, 'absent'))).toEqual([expect.stringMatching(/ENOENT/)]);
    expect(mistakesOf(folder.path)).toEqual([expect.stringMatching(/EISDIR/)]);
  });
});
