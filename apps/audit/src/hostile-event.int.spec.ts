/** Whatever stands in an event, the audit takes it in: none is parked, and none breaks what is asked afterwards. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditEntry, RpcReply } from '@keytrail/contracts';
import { AuditEventPage, SecretUsage, SecuritySummary } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import fc from 'fast-check';
import type { AuditOnTheBus } from './audit.fixture.js';
import { auditOnTheBus } from './audit.fixture.js';
import { auditProjection } from './audit.projection.js';
import { arrived, madeEvent, type Said } from './event/audit-event.fixture.js';
import type { ArrivedEvent } from './event/audit-event.view.js';
import { AuditEventStore } from './event/audit-event.store.js';
import { SecretUsageStore } from './usage/secret-usage.store.js';

const SUBJECT = 'tenant.acme.openai.hostile';
const SERVICE = 'vault';

let on: AuditOnTheBus;
let folded: ReturnType<typeof auditProjection>;
let taken = 0;
beforeAll(async () => {
  on = await auditOnTheBus();
  const stores = { events: new AuditEventStore(on.orm), usages: new SecretUsageStore(on.orm) };
  folded = auditProjection(SERVICE, { database: on.database, ...stores, log: on.log });
}, 60_000);
afterAll(() => on?.end(), 30_000);

type Hostile = Pick<ArrivedEvent, 'body' | 'detail' | 'salt' | 'subject'>;

async function takeIn(events: readonly Hostile[]): Promise<void> {
  await folded.handle(events.map((event, i) => ({ ...event, ordinal: taken + i + 1 })));
  taken += events.length;
}

function valueOf<T>(reply: RpcReply<T>): T {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}

async function entries(): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = AuditEventPage.parse(valueOf(await on.list({ limit: 1_000, ...(cursor && { cursor }) })));
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function expectAllTold(): Promise<void> {
  expect((await folded.parked(0, 3)).map(({ error }) => error)).toEqual([]);
  expect(await folded.lastOrdinal()).toBe(taken);
  const told = await entries();
  expect(told.filter(({ service }) => service === SERVICE)).toHaveLength(taken);
  SecretUsage.parse(valueOf(await on.usageOf(SUBJECT)));
  SecuritySummary.parse(valueOf(await on.summary({})));
}

/** An event whose body has `text` in the place of what one attribute says. */
function saying(attribute: string, text: string, said: Said = {}): Hostile {
  const event = arrived(madeEvent({ subject: SUBJECT, time: new Date().toISOString(), ...said }));
  const attributes = JSON.parse(Buffer.from(event.body).toString()) as Record<string, unknown>;
  const members = Object.entries({ ...attributes, [attribute]: null }).map(
    ([key, value]) => `${JSON.stringify(key)}:${key === attribute ? text : JSON.stringify(value)}`,
  );
  return { ...event, body: Buffer.from(`{${members.join()}}`) };
}

const plain = (): Hostile => arrived(madeEvent({ subject: SUBJECT }));
const denial = (count: string) => saying('data', `{"reason":"x","count":${count}}`, { name: 'SecretAccessDenied' });
const aboutSomebody = (name: string): Said => ({ aggregate: 'principal', name, subject: mintPrincipal() });
const REGISTRATION = { ...aboutSomebody('PrincipalRegistered'), data: { kind: 'user' } };
const BINDING = { ...aboutSomebody('RoleBound'), data: { role: 'service', workspace: 'acme' } };

it.each<[string, Hostile]>([
  ['bytes that are no UTF-8', { ...plain(), body: Buffer.from([0xff, 0xfe, 0x00]) }],
  ['no bytes at all', { ...plain(), body: Buffer.alloc(0) }],
  ['NUL in a text', saying('data', String.raw`{"reason":"\u0000"}`)],
  ['a lone surrogate in a text', saying('data', String.raw`{"reason":"\ud800"}`)],
  ['a lone surrogate in a key', saying('data', String.raw`{"\udfff":1}`)],
  ['a key of the prototype', saying('data', '{"__proto__":{"version":1},"constructor":2}')],
  ['a version that is no int', saying('data', '{"version":2147483648}')],
  ['a version that is no number', saying('data', '{"version":{"a":[]}}')],
  ['a number without end', saying('data', '{"version":1e999}')],
  ['a number with hundreds of digits', saying('data', '{"version":1e308,"small":1e-320,"zero":-0}')],
  ['a key of a hundred thousand characters', saying('data', `{"${'k'.repeat(100_000)}":1}`)],
  ['as much nesting as there may be', saying('data', `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`)],
  ['the first moment that there is', saying('time', '"0001-01-01T00:00:00.000Z"')],
  ['the last moment that there is', saying('time', '"9999-12-31T23:59:59.999Z"')],
  ['a moment of the year 0', saying('time', '"0000-01-01T00:00:00.000Z"')],
  ['a moment beyond the calendar', saying('time', '"+275760-09-13T00:00:00.001Z"')],
  ['a subject that is no reference', saying('subject', JSON.stringify('\u202e'.repeat(9_000)))],
  ['a type of a hundred thousand characters', saying('type', `"keytrail.access.${'T'.repeat(100_000)}.v1"`)],
  [
    'an address of its own',
    { ...plain(), subject: `evt.vault.acme.access.${'T'.repeat(9_000)}`, body: Buffer.from('x') },
  ],
  ['a detail that is not bound', { ...plain(), detail: Buffer.from([0, 0xff]) }],
  ['a denial that stands for text', denial('"many"')],
  ['a denial that stands for a fraction', denial('1.5')],
  ['a denial that stands for more than can be counted', denial('1e300')],
  ['a denial that stands for less than nothing', denial('-9007199254740991')],
  [
    'a role of a hundred thousand characters',
    saying('data', `{"role":"${'r'.repeat(100_000)}","workspace":"acme"}`, BINDING),
  ],
  ['a role in no workspace', saying('data', '{"role":"service","workspace":["acme"]}', BINDING)],
  ['a role that somebody had before there were any', saying('time', '"0000-01-01T00:00:00.000Z"', BINDING)],
  ['a kind that is none', saying('data', '{"kind":null}', REGISTRATION)],
  [
    'a display name without end',
    arrived(madeEvent({ ...REGISTRATION, detail: { names: { display: '\u202e'.repeat(100_000) } } })),
  ],
])('%s', async (_, event) => {
  await takeIn([event]);
  await expectAllTold();
});

it('denials that stand for more together than a count can hold', async () => {
  for (let i = 0; i < 6; i++) await takeIn(Array.from({ length: 200 }, () => denial('9007199254740991')));
  await expectAllTold();
});

const attribute = fc.constantFrom(
  'id',
  'type',
  'subject',
  'time',
  'workspace',
  'principal',
  'via',
  'requestid',
  'traceparent',
  'detaildigest',
  'data',
);
const text = fc.string({ unit: fc.oneof(fc.constantFrom('\0', '\ud800', '\udc00', '"', '\\', '\uffff'), fc.string()) });
const scalar = fc.oneof(text, fc.double(), fc.bigInt(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.oneof(text, fc.constantFrom('version', 'count', 'reason', 'code', 'kind', 'role', '__proto__')),
      tie('value'),
    ),
  ),
}));
const json = (what: unknown): string =>
  JSON.stringify(what, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)) ?? 'null';
const hostile = fc
  .oneof({
    weight: 8,
    arbitrary: fc.tuple(
      attribute,
      value,
      fc.constantFrom<Said>(
        { name: 'SecretDecrypted' },
        { name: 'SecretAccessDenied' },
        { name: 'RotationFailed' },
        { name: 'AnomalyDetected' },
        { name: 'AuthenticationFailed', aggregate: 'session' },
        REGISTRATION,
        BINDING,
      ),
    ),
  })
  .map(([name, what, said]) => saying(name, json(what), said));

it('anything at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 40 }), async (events) => {
      await takeIn(events);
      expect((await folded.parked(0, 3)).map(({ error }) => error)).toEqual([]);
    }),
    { numRuns: 40 },
  );
  await expectAllTold();
}, 60_000);
