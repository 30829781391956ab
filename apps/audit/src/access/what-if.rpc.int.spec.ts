/** The door at which drafts are tried: what it turns away, and how its pages follow each other. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventId, RpcReply, WhatIfPage } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import type { AuditOnTheBus } from '../audit.fixture.js';
import { auditOnTheBus } from '../audit.fixture.js';
import {
  ago,
  DAY_MS,
  FORBID_ALL,
  forbidWhen,
  MINUTE_MS,
  pageIn,
  permitWhen,
  Room,
  Somebody,
} from './access.fixture.js';

let on: AuditOnTheBus;
beforeAll(async () => {
  on = await auditOnTheBus();
}, 60_000);
afterAll(() => on?.end(), 30_000);

describe('paging', () => {
  it('tells each access once, while others arrive', async () => {
    const [room, users] = [new Room('pages'), [0, 1, 2].map(() => new Somebody())];
    for (const user of users) user.bound('service', room);
    const accesses = Array.from({ length: 2_300 }, (_, i) =>
      room.access(users[i % 3]?.principal ?? '', {
        subject: room.reference(`key-${i % 40}`),
        // Two of a kind, so that pages end among equal times.
        time: ago(DAY_MS + Math.floor(i / 2) * 1_000),
      }),
    );
    await on.publish(room.created(), ...users.flatMap(({ events }) => events), ...accesses);
    const pages: WhatIfPage[] = [];
    let cursor: string | undefined;
    do {
      const body = { name: 'draft', source: FORBID_ALL, ...(cursor !== undefined && { cursor }) };
      const page = pageIn(await on.whatIf(body, room.slug));
      pages.push(page);
      cursor = page.nextCursor ?? undefined;
      await on.publish(...[0, 1].map(() => room.access(users[0]?.principal ?? '', { time: ago(0) })));
    } while (cursor !== undefined);
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.reduce((sum, { examined }) => sum + examined, 0)).toBe(2_300);
    const told = pages.flatMap((page) => page.changes);
    expect(told.reduce((sum, change) => sum + change.accesses, 0)).toBe(2_300);
    const ids = new Set(accesses.map(({ id }) => id));
    expect(told.filter(({ eventId }) => !ids.has(eventId as EventId))).toEqual([]);
    expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(told.length);
  });

  it('says how far the vault was followed', async () => {
    const room = new Room('followed');
    const time = ago(7 * MINUTE_MS);
    await on.publish(room.created(), room.access(mintPrincipal(), { time }));
    const reply = await on.whatIf({ name: 'draft', source: FORBID_ALL }, room.slug);
    expect(pageIn(reply)).toMatchObject({ examined: 1, upTo: { ordinal: on.published(), time } });
  });
});

describe('what is asked', () => {
  const room = new Room('asked');
  beforeAll(() => on.publish(room.created()));
  const ask = (body: object, workspace = room.slug) =>
    on.whatIf({ name: 'draft', source: FORBID_ALL, ...body }, workspace);

  it.each([
    ['is no Cedar', 'let me in', 'source: unexpected token'],
    ['has no statement', ' ', 'source: has no statement'],
    ['permits more than a policy may', 'permit (principal, action, resource);', 'source.0: permits anything'],
    ['is about another workspace', forbidWhen('resource in Keytrail::Workspace::"globex"'), 'source.0: names another'],
    ['is of a kind that there is not', permitWhen('resource.owner == "ada"'), 'source.0: attribute `owner`'],
    ['would end the engine', permitWhen(Array(3_900).fill('1').join('+')), 'source: is more than the policy engine'],
  ])('is refused where the draft %s', async (_, source, issue) => {
    const { error } = (await ask({ source })) as Extract<RpcReply<WhatIfPage>, { ok: false }>;
    expect(error).toMatchObject({ code: 'policy.invalid', retryable: false });
    const told = error.details?.issues.map(({ path, message }) => `${path}: ${message}`);
    expect(told?.[0]).toMatch(issue);
    expect(await ask({})).toMatchObject({ ok: true });
  });

  const encode = (json: string) => Buffer.from(json).toString('base64url');
  it.each<[string, object]>([
    ['a cursor that no page gave', { cursor: 'abc' }],
    ['a cursor of another form', { cursor: encode('["2026-02-30T00:00:00.000Z","vault",1]') }],
    ['a cursor that is none', { cursor: '!' }],
    ['a name that is none', { name: 'No nights!' }],
    ['no day', { days: 0 }],
    ['more days than there may be', { days: 91 }],
    ['a draft without end', { source: ' '.repeat(8_193) }],
    ['another key', { workspace: 'acme' }],
  ])('is refused with %s', async (_, body) => {
    expect(await ask(body)).toMatchObject({ ok: false, error: { code: 'request.malformed', retryable: false } });
  });

  it('is asked of one workspace, and of one that there is', async () => {
    expect(await ask({}, '_system')).toMatchObject({
      error: { code: 'request.malformed', message: expect.stringMatching(/one workspace/) },
    });
    expect(await ask({}, 'nowhere')).toMatchObject({ ok: false, error: { code: 'workspace.not_found' } });
  });
});
