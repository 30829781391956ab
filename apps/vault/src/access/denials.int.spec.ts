/** Denials: told before they are answered, each of them, however many there are; and telling the denied nothing. */
import { describe, expect, it } from '@jest/globals';
import { type Principal, secretStream, type Workspace } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { JournalOverloaded, NO_STREAM } from '@keytrail/eventsourcing';
import { type Asker, codeOf } from '../caller.fixture.js';
import { accessStage, ask, done, inside, type ToldDenial } from './access.fixture.js';
import { type Denial, Denials } from './denials.js';

const on = accessStage();

const denialOf = (principal: Principal, reference: string): Denial => ({
  aggregate: 'access',
  stream: secretStream(reference),
  subject: reference,
  facts: {
    principal,
    workspace: 'acme' as Workspace,
    requestId: uuidv7(),
    detail: {},
  },
  event: { type: 'SecretAccessDenied', data: { reason: 'principal.not_permitted', count: 1 } },
  decidedOn: [NO_STREAM, NO_STREAM, NO_STREAM],
  validUntilMs: null,
  deadlineMs: Date.now() + 10_000,
});

const told = (denials: readonly ToldDenial[]): number => denials.reduce((sum, { count }) => sum + count, 0);
const times = <T>(count: number, work: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));
const decrypt = (asker: Asker, reference: string, body: object = {}) =>
  ask(asker, 'secret.decrypt', { reference, ...body });

describe('a denial', () => {
  it('says the same of a secret that is there and of one that is not', async () => {
    const [reference, stranger] = [await on.secret(), await on.vault.caller(null)];
    const absent = 'tenant.acme.openai.absent';
    const [there, nowhere] = [await decrypt(stranger, reference), await decrypt(stranger, absent)];
    expect(there).toMatchObject({ ok: false, error: { code: 'secret.unavailable', retryable: false } });
    const wording = (reply: typeof there) => (reply.ok ? null : { ...reply.error, details: null });
    expect(wording(nowhere)).toEqual(wording(there));
    expect(await on.denialsOf(reference)).toMatchObject([{ reason: 'principal.not_permitted', count: 1 }]);
  });

  it('of an operation is an event of its own, with the permission and what it was about, be that there or not', async () => {
    const [reference, absent] = [await on.secret(), 'tenant.acme.openai.absent'];
    const before = await on.operationsDeniedTo(on.vault.billing);
    expect(codeOf(await ask(on.vault.billing, 'secret.revoke', { reference }))).toBe('access.denied');
    expect(codeOf(await ask(on.vault.billing, 'secret.get', { reference: absent }))).toBe('access.denied');
    expect(codeOf(await ask(on.vault.billing, 'policy.list', {}))).toBe('access.denied');
    const denied = (await on.operationsDeniedTo(on.vault.billing)).slice(before.length);
    expect(denied).toMatchObject([
      { permission: 'secret.revoke', subject: reference },
      { permission: 'secret.get', subject: absent },
      { permission: 'policy.list', subject: 'acme' },
    ]);
  });

  it('is one also in a session whose token was revoked, whatever is asked in it', async () => {
    const former = await on.vault.caller('security_analyst');
    await done(ask(former, 'policy.list', {}));
    await done(ask(inside('_system', on.vault.admin), 'token.revoke', { tokenId: former.tokenId }));
    expect(codeOf(await ask(former, 'policy.list', {}))).toBe('auth.invalid');
    const denied = await on.operationsDeniedTo(former);
    expect(denied).toMatchObject([{ permission: 'policy.list', reason: 'credential.revoked', count: 1 }]);
  });

  it('does not come about where the request is malformed', async () => {
    const stranger = await on.vault.caller(null);
    expect(codeOf(await decrypt(stranger, 'tenant.acme.openai.x', { surplus: true }))).toBe('request.malformed');
    expect(await on.operationsDeniedTo(stranger)).toEqual([]);
  });
});

describe('a flood of denials', () => {
  it('is told together, to the last one, under the secret that it was about', async () => {
    const [reference, stranger] = [await on.secret(), await on.vault.caller(null)];
    const codes = await times(200, () => on.obtain(stranger, reference));
    expect(new Set(codes)).toEqual(new Set(['secret.unavailable']));
    const denials = await on.denialsOf(reference);
    expect(told(denials)).toBe(200);
    expect(denials.length).toBeLessThan(60);
  });

  it('about many secrets is told of its commonest, and of all the others as one', async () => {
    const stranger = await on.vault.caller(null);
    const references = await times(40, () => on.secret());
    const codes = await times(400, (n) => on.obtain(stranger, references[n % 40] as string));
    expect(new Set(codes)).toEqual(new Set(['secret.unavailable']));
    const singly = await times(40, async (n) => told(await on.denialsOf(references[n] as string)));
    const together = (await on.accessesDeniedTo(stranger)).filter(({ secretId }) => secretId === undefined);
    const sum = singly.reduce((left, right) => left + right, 0);
    expect(together.length).toBeGreaterThan(0);
    expect(sum + told(together)).toBe(400);
  });

  it('does not hide one attempt of another kind: from elsewhere, or for something else', async () => {
    const [reference, stranger] = [await on.secret(), await on.vault.caller(null)];
    const flood = times(100, () => on.obtain(stranger, reference));
    const another = times(3, () => on.obtain(stranger, reference, { version: 7, purpose: 'another' }));
    await Promise.all([flood, another]);
    const denials = await on.denialsOf(reference);
    expect(told(denials.filter(({ version }) => version === 7))).toBe(3);
    expect(told(denials)).toBe(103);
  });

  it('holds up nobody else', async () => {
    const [reference, stranger] = [await on.secret(), await on.vault.caller(null)];
    const flood = times(300, () => on.obtain(stranger, reference));
    expect(new Set(await times(30, () => on.obtain(on.vault.billing, reference)))).toEqual(new Set(['ok']));
    await flood;
  });

  it('is turned away undecided where too many of it are waiting, and that is no denial', async () => {
    const [reference, { principal }] = [await on.secret(), await on.vault.caller(null)];
    const { database, accessJournal } = on.vault.rooms;
    const denials = new Denials(database, accessJournal, { singly: 1, togetherMs: 50, waiting: 4, waitingInAll: 100 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => denials.record(denialOf(principal, reference))),
    );
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.status : outcome.reason))).toEqual(
      [
        ...Array.from({ length: 5 }, () => 'recorded'),
        ...Array.from({ length: 3 }, () => expect.any(JournalOverloaded)),
      ],
    );
    expect((await on.denialsOf(reference)).map(({ count }) => count)).toEqual([1, 4]);
  });

  it('of one who is let in meanwhile is decided anew', async () => {
    const [reference, guest] = [await on.secret(), await on.vault.caller(null)];
    await times(25, () => on.obtain(guest, reference));
    const waiting = times(50, () => on.obtain(guest, reference));
    const grant = { principal: guest.principal, pattern: reference, permissions: ['secret.decrypt'] };
    await done(ask(on.vault.admin, 'grant.give', grant));
    expect(await on.obtain(guest, reference)).toBe('ok');
    const codes = await waiting;
    const denied = codes.filter((code) => code === 'secret.unavailable').length;
    expect(codes.filter((code) => code === 'ok').length + denied).toBe(50);
    expect(told(await on.denialsOf(reference))).toBe(25 + denied);
  });
});
