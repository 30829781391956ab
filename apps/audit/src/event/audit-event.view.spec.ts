/** What the audit makes of an event, of whatever kind it is. */
import { describe, expect, it } from '@jest/globals';
import { AUTHENTICATION_STREAM, AuditEntry } from '@keytrail/contracts';
import { arrived, madeEvent, REFERENCE, type Said, UNKNOWN_ACTOR } from './audit-event.fixture.js';
import type { ArrivedEvent } from './audit-event.view.js';
import { entryOf, readEvent } from './audit-event.view.js';

const SEEN_AT = '2026-03-02T00:00:00.000Z';

const read = (event: ArrivedEvent) => {
  const { facts, flaws } = readEvent(event, SEEN_AT);
  return { entry: AuditEntry.parse(entryOf({ ...facts, ...UNKNOWN_ACTOR })), flaws };
};
const readSaid = (said: Said) => read(arrived(madeEvent(said)));

describe('a decrypt', () => {
  it('is told whole', () => {
    const principal = 'a'.repeat(26);
    const via = 'b'.repeat(26);
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const detail = { ip: '203.0.113.7', userAgent: 'curl/8', text: 'nightly batch' };
    const data = { secretId: 'x', version: 3 };
    const made = madeEvent({ principal, via, traceparent, detail, data, requestid: 'req-1' });
    expect(read(arrived(made, 7))).toEqual({
      flaws: [],
      entry: {
        id: made.id,
        ordinal: 7,
        service: 'vault',
        time: '2026-03-01T12:00:00.000Z',
        createdAt: '2026-03-01T12:00:00.000Z',
        action: 'decrypt',
        type: 'keytrail.access.SecretDecrypted.v1',
        outcome: 'success',
        success: true,
        code: null,
        errorMessage: null,
        workspace: 'acme',
        tenant: 'acme',
        subject: REFERENCE,
        reference: REFERENCE,
        secretName: 'prod',
        version: 3,
        principal,
        ...UNKNOWN_ACTOR,
        via,
        ip: '203.0.113.7',
        userAgent: 'curl/8',
        requestId: 'req-1',
        traceId: '1'.repeat(32),
        purpose: 'nightly batch',
        details: data,
        metadata: { secretRef: REFERENCE },
      },
    });
  });
});

describe('a failure', () => {
  it('is told with its code and a sentence', () => {
    const data = { reason: 'secret.revoked', count: 1 };
    expect(readSaid({ name: 'SecretAccessDenied', data }).entry).toMatchObject({
      action: 'access_denied',
      outcome: 'failure',
      success: false,
      code: 'secret.revoked',
      errorMessage: 'The secret has been revoked.',
    });
  });

  it('of somebody to show who they are has no reference', () => {
    const data = { door: 'session', reason: 'token.expired', count: 3 };
    const failed = { aggregate: 'session', name: 'AuthenticationFailed', workspace: '_system', data };
    expect(readSaid({ ...failed, subject: AUTHENTICATION_STREAM, stream: AUTHENTICATION_STREAM })).toMatchObject({
      flaws: [],
      entry: {
        action: 'authentication_failed',
        outcome: 'failure',
        code: 'token.expired',
        errorMessage: 'The token has expired.',
        reference: null,
        tenant: null,
        details: data,
      },
    });
  });
});

describe('an event of the workspace', () => {
  it('has no reference', () => {
    const { entry, flaws } = readSaid({ aggregate: 'workspace', name: 'WorkspaceCreated', subject: 'acme' });
    expect(entry).toMatchObject({ action: 'create', reference: null, secretName: null, metadata: { secretRef: null } });
    expect(flaws).toEqual([]);
  });

  it('that belongs to none has no tenant', () => {
    expect(readSaid({ workspace: '_system', subject: 'x' }).entry).toMatchObject({
      workspace: '_system',
      tenant: null,
    });
  });
});

describe('an event of a kind that is not known', () => {
  it.each([
    ['RotationPolicyDeleted', 'rotation_policy_deleted'],
    ['constructor', 'constructor'],
    [`A${'b'.repeat(5_000)}`, `a${'b'.repeat(39)}`],
  ])('is found under its name: %.30s', (name, action) => {
    const { entry, flaws } = readSaid({ aggregate: 'rotation', name, data: { any: { thing: [1] } } });
    expect(entry).toMatchObject({ action, outcome: 'success', details: { any: { thing: [1] } }, reference: REFERENCE });
    expect(flaws).toEqual([]);
  });

  it('may say more than this version knows', () => {
    expect(readSaid({ tracestate: 'k=v' }).flaws).toEqual([]);
  });
});

describe('a body that is not one of ours', () => {
  const unreadable = (body: string) => read({ ...arrived(madeEvent()), body: Buffer.from(body), detail: null });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['no object', '[]'],
    ['NUL', '{"id":"\\u0000"}'],
    ['a lone surrogate', '{"data":{"x":"\\ud800"}}'],
    ['a key twice', '{"id":"a","id":"b"}'],
  ])('%s is an entry with what its subject tells', (_, body) => {
    const { entry, flaws } = unreadable(body);
    expect(flaws).toEqual(['body_unreadable']);
    expect(entry).toMatchObject({
      id: null,
      principal: null,
      requestId: null,
      ordinal: 1,
      time: SEEN_AT,
      workspace: 'acme',
      action: 'decrypt',
      type: 'keytrail.access.SecretDecrypted.v1',
      details: {},
    });
  });

  it('is told as far as its parts are of their form', () => {
    const { entry, flaws } = readSaid({ principal: 'Mallory', time: '2026-02-30T00:00:00.000Z', requestid: 'req-1' });
    expect(flaws).toEqual(['body_unreadable']);
    expect(entry).toMatchObject({
      principal: null,
      time: SEEN_AT,
      requestId: 'req-1',
      reference: REFERENCE,
      version: 1,
    });
  });

  it('below a subject that is none of ours either is an entry of the system', () => {
    const { entry } = read({ ...arrived(madeEvent()), subject: 'evt.vault', body: Buffer.from('x') });
    expect(entry).toMatchObject({ workspace: '_system', type: 'unknown', action: 'unknown' });
  });
});

describe('the detail', () => {
  const made = madeEvent({ detail: { ip: '203.0.113.7', text: 'why' } });
  const nothing = { ip: null, userAgent: null, purpose: null };

  it('once erased is absent, and that is no flaw', () => {
    const { entry, flaws } = read({ ...arrived(made), detail: null, salt: null });
    expect([entry, flaws]).toEqual([expect.objectContaining(nothing), []]);
  });

  it.each([
    ['another text', { detail: Buffer.from('{"ip":"198.51.100.1","text":"why"}') }],
    ['another salt', { salt: Buffer.alloc(16) }],
    ['no salt', { salt: null }],
  ])('with %s is not the one that the body is bound to, and nothing of it is believed', (_, change) => {
    const { entry, flaws } = read({ ...arrived(made), ...change });
    expect([entry, flaws]).toEqual([expect.objectContaining(nothing), ['detail_mismatch']]);
  });

  it('may say more than this version knows', () => {
    const { entry, flaws } = readSaid({ detail: { ip: '203.0.113.7', city: 'Ulm' } as Said['detail'] });
    expect([entry, flaws]).toEqual([expect.objectContaining({ ip: '203.0.113.7' }), []]);
  });
});
