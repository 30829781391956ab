/** What events share is written once; what they do not share is never taken from another. */
import type { Principal, Workspace } from '@keytrail/contracts';
import { expect, it } from '@jest/globals';
import type { RequestFacts } from '@keytrail/eventsourcing';
import { envelope, type EnvelopeInput } from './envelope.js';

const facts = (ip: string, via: Principal): RequestFacts => ({
  workspace: 'acme' as Workspace,
  principal: 'a'.repeat(26) as Principal,
  via,
  requestId: '018f3c5a-7d1e-7000-8000-000000000001',
  detail: { ip },
});

const ofType = (type: string, of: RequestFacts) =>
  envelope({
    service: 'vault',
    aggregate: 'access',
    stream: 'secret-tenant.acme.openai.prod',
    subject: 'tenant.acme.openai.prod',
    event: { type, data: { version: 1 } },
    facts: of,
  } satisfies EnvelopeInput);

const told = ({ head, tail, detail }: ReturnType<typeof envelope>) => ({
  ...(JSON.parse(`${head}T${tail}`) as Record<string, unknown>),
  detail: JSON.parse(detail.toString()) as unknown,
});

const [one, other] = [facts('127.0.0.1', 'b'.repeat(26) as Principal), facts('127.0.0.2', 'c'.repeat(26) as Principal)];

it.each([
  ['SecretDecrypted', one],
  ['SecretAccessDenied', one],
  ['SecretAccessDenied', other],
  ['SecretDecrypted', other],
  ['SecretDecrypted', one],
])('a %s says what its own request said', (type, of) => {
  expect(told(ofType(type, of))).toMatchObject({
    via: of.via,
    type: expect.stringContaining(type),
    detail: of.detail,
  });
});

it('events of the same request have one text of it, and ids, salts and digests of their own', () => {
  const [first, second] = [ofType('SecretDecrypted', one), ofType('SecretDecrypted', one)];
  expect(second.detail).toBe(first.detail);
  expect(second.salt).not.toEqual(first.salt);
  const digestOf = (of: ReturnType<typeof envelope>) => told(of) as unknown as { readonly detaildigest: string };
  expect(digestOf(second).detaildigest).not.toBe(digestOf(first).detaildigest);
});
