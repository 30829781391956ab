/** The grammar of identifiers, subjects and requests, with what must not fit. */
import { describe, expect, it } from '@jest/globals';
import { Conn, Principal, Reference, partsOf, Timestamp, WorkspaceSlug } from './ids.js';
import { parse, sentenceOf } from './parse.js';
import { CreateSecretRequest, SecretValue, byteLengthOf } from './secret.js';
import { parseRpcSubject, rpcSubject } from './subjects.js';

const longest = `tenant.${'a'.repeat(32)}.${'b'.repeat(32)}.${'c'.repeat(64)}`;

describe('a reference', () => {
  it.each(['tenant.acme.openai.prod', 'tenant.a.b.c', 'tenant.a-1.open_ai-2.service_role', longest])(
    'may be %s',
    (text) => {
      expect(Reference.safeParse(text).success).toBe(true);
    },
  );

  it.each([
    'tenant..openai.key',
    'tenant.acme.openai',
    'tenant.acme.openai.prod.more',
    'Tenant.acme.openai.prod',
    'tenant.ACME.openai.prod',
    'tenant.acme.*.prod',
    'tenant.acme.>',
    'tenant.acme.openai.>',
    '..',
    ' tenant.acme.openai.prod',
    'tenant.acme.openai.prod\n',
    'tenant.acme.openai.pr\0d',
    'tenant.acme.openai.\ud800',
    'tenant.-acme.openai.prod',
    'tenant.acme-.openai.prod',
    'tenant.acme.1openai.prod',
    `tenant.acme.openai.${'k'.repeat(300)}`,
    '',
  ])('may not be %j', (text) => {
    expect(Reference.safeParse(text).success).toBe(false);
  });

  it('has parts', () => {
    expect(partsOf(Reference.parse('tenant.acme.openai.prod'))).toEqual({
      workspace: 'acme',
      provider: 'openai',
      key: 'prod',
    });
  });
});

describe('an RPC subject', () => {
  const address = {
    service: 'vault',
    principal: Principal.parse('p'.repeat(26)),
    conn: Conn.parse('c'.repeat(16)),
    workspace: WorkspaceSlug.parse('acme'),
    aggregate: 'secret',
    verb: 'decrypt',
  };
  const subject = rpcSubject(address);

  it('is read as it was built', () => {
    expect(parseRpcSubject(subject)).toEqual(address);
  });

  it.each([
    subject.replace('p'.repeat(26), '*'),
    subject.replace('acme', '>'),
    subject.replace('rpc', 'evt'),
    `${subject}.more`,
    subject.replace('.decrypt', ''),
    subject.replace('c'.repeat(16), 'C'.repeat(16)),
  ])('is not %s', (text) => {
    expect(parseRpcSubject(text)).toBeNull();
  });
});

describe('parse', () => {
  // As a value comes in over HTTP.
  const NewSecret = CreateSecretRequest.omit({ sealedValue: true }).extend({ value: SecretValue });
  const wrong = (input: unknown) => {
    const parsed = parse(NewSecret, input);
    return parsed.ok ? null : sentenceOf(parsed.issues);
  };

  it('names a missing field, an unknown key and a wrong form at once', () => {
    const sentence = wrong({ reference: 'tenant..openai.key', vlaue: 1 });
    expect(sentence).toMatch(/reference is not a reference/);
    expect(sentence).toMatch(/value must be/);
    expect(sentence).toMatch(/vlaue/);
  });

  it('never echoes a value, nor a key that may be one', () => {
    const secret = 'sk-proj-0123456789abcdef';
    expect(wrong({ reference: secret, value: { text: 7, [secret]: secret }, [secret]: 1 })).not.toContain(secret);
  });

  it('refuses prototype keys', () => {
    expect(wrong(JSON.parse('{"reference":"tenant.a.b.c","value":{"text":"x"},"__proto__":{}}'))).not.toBeNull();
    expect(wrong(JSON.parse('{"reference":"tenant.a.b.c","value":{"text":"x"},"constructor":{}}'))).not.toBeNull();
  });
});

it.each(['2026-02-31T00:00:00.000Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000+01:00'])(
  '%s is no time',
  (text) => {
    expect(Timestamp.safeParse(text).success).toBe(false);
  },
);

it.each([
  [{ text: 'é' }, 2],
  [{ base64: 'YQ==' }, 1],
  [{ base64: 'YWI=' }, 2],
  [{ base64: 'YWJj' }, 3],
])('%j has %d bytes', (value, bytes) => {
  expect(byteLengthOf(value)).toBe(bytes);
});
