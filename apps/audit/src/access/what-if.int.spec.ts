/** What a draft would change of the accesses that there were: asked over a real bus, told from a real PostgreSQL. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WhatIfPage } from '@keytrail/contracts';
import type { AuditOnTheBus } from '../audit.fixture.js';
import { auditOnTheBus } from '../audit.fixture.js';
import type { MadeEvent } from '../event/audit-event.fixture.js';
import {
  ago,
  DAY_MS,
  FORBID_ALL,
  forbidWhen,
  HARMLESS,
  MINUTE_MS,
  newlyAllowed,
  newlyDenied,
  pageIn,
  PERMIT_ALL,
  Room,
  Somebody,
} from './access.fixture.js';

let on: AuditOnTheBus;
beforeAll(async () => {
  on = await auditOnTheBus();
}, 60_000);
afterAll(() => on?.end(), 30_000);

let rooms = 0;
const anotherRoom = () => new Room(`room-${++rooms}`);

interface Draft {
  readonly name?: string;
  readonly days?: number;
}

const tried = async ({ slug }: Room, source: string, draft: Draft = {}): Promise<WhatIfPage> =>
  pageIn(await on.whatIf({ name: 'draft', source, ...draft }, slug));
const changes = async (room: Room, source: string, draft: Draft = {}) => (await tried(room, source, draft)).changes;
/** In short: how it is, how it would be, and how often. */
const inShort = async (room: Room, source: string, draft: Draft = {}) =>
  (await changes(room, source, draft)).map(({ current, proposed, accesses }) => `${current} ${proposed} ${accesses}`);

const NEWLY_DENIED = (count: number) => [`allowed denied ${count}`];
const NEWLY_ALLOWED = (count: number) => [`denied allowed ${count}`];

describe('a draft', () => {
  it('that forbids tells who would be denied, and how often, and by what', async () => {
    const [room, service, other] = [anotherRoom(), new Somebody(), new Somebody()];
    service.bound('service', room);
    const times = [5, 3, 2].map((minutes) => ago(minutes * MINUTE_MS));
    const accesses = times.map((time) => room.access(service.principal, { time }));
    const elsewhere = room.access(service.principal, { subject: room.reference('prod', 'stripe') });
    await on.publish(room.created(), ...service.events, ...other.events, ...accesses, elsewhere);
    const page = await tried(room, forbidWhen('resource.provider == "openai"'));
    expect(page).toMatchObject({ examined: 4, nextCursor: null });
    expect(page.changes).toEqual([
      newlyDenied({
        principal: service.principal,
        reference: room.reference(),
        permission: 'secret.decrypt',
        decidedBy: ['policy:draft@1#1'],
        accesses: 3,
        firstAt: times[0],
        lastAt: times[2],
        eventId: accesses[2]?.id,
      }),
    ]);
  });

  it('that permits tells who would be allowed', async () => {
    const [room, user] = [anotherRoom(), new Somebody()];
    const attempts = [room.denied(user.principal, 5), room.denied(user.principal, 2, { time: ago(2 * MINUTE_MS) })];
    await on.publish(room.created(), ...user.events, ...attempts);
    const page = await tried(room, `${HARMLESS} ${PERMIT_ALL}`);
    expect(page.examined).toBe(7);
    expect(page.changes).toMatchObject([newlyAllowed({ accesses: 7, decidedBy: ['policy:draft@1#2'] })]);
  });

  it('that says what is so anyway changes nothing', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    await on.publish(room.created(), ...service.events, room.access(service.principal));
    expect(await tried(room, PERMIT_ALL)).toMatchObject({ changes: [], examined: 1, nextCursor: null });
  });

  it('stands in the place of the policy of its name, and beside all others', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    const inForce = [
      room.published('no-openai', forbidWhen('resource.provider == "openai"')),
      room.published('no-stripe', forbidWhen('resource.provider == "stripe"')),
      room.published('gone', FORBID_ALL, 1),
      room.withdrawn('gone'),
    ];
    const providers = ['openai', 'stripe', 'github'].map((provider) => room.reference('prod', provider));
    const accesses = providers.map((subject) => room.access(service.principal, { subject }));
    await on.publish(room.created(), ...service.events, ...inForce, ...accesses);
    const [openai, , github] = providers;
    expect(await changes(room, HARMLESS, { name: 'no-openai' })).toMatchObject([
      newlyAllowed({ reference: openai, decidedBy: ['role:service'] }),
    ]);
    expect(await changes(room, FORBID_ALL, { name: 'no-stripe' })).toMatchObject([
      newlyDenied({ reference: github, decidedBy: ['policy:no-stripe@2#1'] }),
    ]);
    expect(await changes(room, FORBID_ALL, { name: 'gone' })).toMatchObject([
      newlyDenied({ reference: github, decidedBy: ['policy:gone@2#1'] }),
    ]);
  });

  it('that cannot be evaluated denies whatever it is asked about', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    await on.publish(room.created(), ...service.events, room.access(service.principal));
    const source = forbidWhen('context.minuteOfDay + 9223372036854775807 == 0');
    expect(await changes(room, source)).toMatchObject([newlyDenied({ decidedBy: ['policy:draft@1#1'] })]);
  });

  it('of one name is not taken for another, nor for what is published meanwhile', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    await on.publish(room.created(), ...service.events, room.access(service.principal));
    const told = [];
    for (const source of [FORBID_ALL, PERMIT_ALL, HARMLESS, FORBID_ALL]) told.push(await inShort(room, source));
    expect(told).toEqual([NEWLY_DENIED(1), [], [], NEWLY_DENIED(1)]);
    await on.publish(room.published('draft', FORBID_ALL));
    expect(await inShort(room, FORBID_ALL)).toEqual([]);
    expect(await inShort(room, PERMIT_ALL)).toEqual(NEWLY_ALLOWED(1));
  });
});

describe('what counts of an access', () => {
  const yesterday = (clock: string) => `${ago(DAY_MS).slice(0, 10)}T${clock}:00.000Z`;

  it('is when it was', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    const times = ['03:00', '05:59', '06:00', '12:00'].map(yesterday);
    const accesses = times.map((time) => room.access(service.principal, { time }));
    await on.publish(room.created(), ...service.events, ...accesses);
    expect(await changes(room, forbidWhen('context.minuteOfDay < 360'))).toMatchObject([
      { accesses: 2, firstAt: times[0], lastAt: times[1] },
    ]);
  });

  it('is what it was for', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    const details = [{ text: 'deploy' }, { text: 'debug' }, {}];
    await on.publish(
      room.created(),
      ...service.events,
      ...details.map((detail) => room.access(service.principal, { detail })),
    );
    const condition = 'context has purpose && context.purpose == "deploy"';
    expect(await inShort(room, forbidWhen(condition))).toEqual(NEWLY_DENIED(1));
    expect(await inShort(room, forbidWhen(`!(${condition})`))).toEqual(NEWLY_DENIED(2));
  });

  it('is where it came from, unless that has been erased', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    const known = ['10.0.0.1', '192.0.2.1'].map((ip) => room.access(service.principal, { detail: { ip } }));
    const erased = { ...room.access(service.principal, { detail: { ip: '10.0.0.2' } }), detail: null, salt: null };
    await on.publish(room.created(), ...service.events, ...known, erased as unknown as MadeEvent);
    const inside = 'context has ip && context.ip.isInRange(ip("10.0.0.0/8"))';
    expect(await inShort(room, forbidWhen(inside))).toEqual(NEWLY_DENIED(1));
    expect(await inShort(room, forbidWhen(`!(${inside})`))).toEqual(NEWLY_DENIED(2));
  });

  it('are the grants of its time', async () => {
    const [room, user] = [anotherRoom(), new Somebody()];
    user.granted(`tenant.${room.slug}.openai.*`, { expiresAt: ago(10 * MINUTE_MS) });
    const times = [20, 11, 9, 1].map((minutes) => ago(minutes * MINUTE_MS));
    const accesses = times.map((time) => room.access(user.principal, { time }));
    await on.publish(room.created(), ...user.events, ...accesses);
    expect(await inShort(room, FORBID_ALL)).toEqual(NEWLY_DENIED(2));
    expect(await inShort(room, PERMIT_ALL)).toEqual(NEWLY_ALLOWED(2));
  });

  it('are the days that are asked about', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    service.bound('service', room);
    const accesses = [0.5, 1.5, 6.5, 7.5, 89, 91].map((days) =>
      room.access(service.principal, { time: ago(days * DAY_MS) }),
    );
    await on.publish(room.created(), ...service.events, ...accesses);
    const told = [];
    for (const days of [1, 2, undefined, 8, 90])
      told.push(await inShort(room, FORBID_ALL, days === undefined ? {} : { days }));
    expect(told).toEqual([1, 2, 3, 4, 5].map(NEWLY_DENIED));
  });
});

describe('somebody', () => {
  it.each<[string, (somebody: Somebody) => unknown]>([
    ['is suspended', (somebody) => somebody.told('PrincipalSuspended')],
    ['is in quarantine', (somebody) => somebody.told('PrincipalQuarantined')],
    ['is in quarantine for a while', (one) => one.told('PrincipalQuarantined', { until: ago(-DAY_MS) })],
    ['was never registered', (somebody) => somebody.events.splice(0)],
  ])('who %s may no more by a draft, and no less', async (_, happened) => {
    const [room, somebody] = [anotherRoom(), new Somebody()];
    somebody.bound('service', room);
    happened(somebody);
    await on.publish(room.created(), ...somebody.events, room.access(somebody.principal));
    expect(await tried(room, PERMIT_ALL)).toMatchObject({ changes: [], examined: 1 });
    expect(await changes(room, FORBID_ALL)).toEqual([]);
  });

  it.each<[string, (somebody: Somebody) => unknown]>([
    ['was released', (somebody) => somebody.told('PrincipalQuarantined').told('PrincipalReleased')],
    ['was in quarantine until now', (one) => one.told('PrincipalQuarantined', { until: ago(1) })],
  ])('who %s may what they may', async (_, happened) => {
    const [room, somebody] = [anotherRoom(), new Somebody()];
    somebody.bound('service', room);
    happened(somebody);
    await on.publish(room.created(), ...somebody.events, room.access(somebody.principal));
    expect(await inShort(room, FORBID_ALL)).toEqual(NEWLY_DENIED(1));
  });

  it('is judged as they stand now, whatever they were when they asked', async () => {
    const [room, service] = [anotherRoom(), new Somebody()];
    await on.publish(room.created(), ...service.events, room.denied(service.principal, 3));
    expect(await inShort(room, PERMIT_ALL)).toEqual(NEWLY_ALLOWED(3));
    await on.publish(...new Somebody().events, ...service.bound('service', room).events.slice(-1));
    expect(await inShort(room, PERMIT_ALL)).toEqual([]);
    expect(await inShort(room, FORBID_ALL)).toEqual(NEWLY_DENIED(3));
    await on.publish(...service.told('RoleUnbound', { role: 'service', workspace: room.slug }).events.slice(-1));
    expect(await inShort(room, FORBID_ALL)).toEqual([]);
  });

  it('of Keytrail itself obtains nothing, whatever is permitted', async () => {
    const [room, own] = [anotherRoom(), new Somebody()];
    own.events.splice(0);
    own.told('PrincipalRegistered', { kind: 'service', nkey: 'UABC' });
    await on.publish(room.created(), ...own.events, room.denied(own.principal, 1));
    expect(await changes(room, PERMIT_ALL)).toEqual([]);
  });
});

describe('what is no access to a secret of the workspace', () => {
  it('is not examined', async () => {
    const [room, other, service] = [anotherRoom(), anotherRoom(), new Somebody()];
    service.bound('service', room).bound('service', other);
    const { principal } = service;
    const others = [
      other.access(principal),
      room.denied(principal, 40, { subject: room.slug, stream: 'denial' }),
      room.access(principal, { subject: other.reference() }),
      room.access(principal, { aggregate: 'secret', name: 'SecretRevoked', data: { throughVersion: 1 } }),
      room.access(principal, { name: 'OperationDenied', data: { permission: 'secret.get', reason: 'x', count: 1 } }),
    ];
    await on.publish(room.created(), other.created(), ...service.events, ...others, room.access(principal));
    const page = await tried(room, FORBID_ALL);
    expect(page.examined).toBe(1);
    expect(page.changes).toMatchObject([{ reference: room.reference(), accesses: 1 }]);
  });
});
