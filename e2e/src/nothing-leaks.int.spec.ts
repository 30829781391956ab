/**
 * A value stands nowhere but in the hands of who obtained it: in no answer, no log, no database file, no WAL, no
 * stream.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KeytrailClient } from '@keytrail/client';
import { serviceNames } from '@keytrail/scripts/system';
import { canarySecret, encodingsOf, findCanary } from '@keytrail/testing';
import { filesBelow, searchFolder } from './search.fixture.js';
import { closeStage, openStage, refusalOf, until, type Stage } from './stage.fixture.js';

/** PostgreSQL tells all that it can, of every statement and of every error, and packs nothing. */
const talkative = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  log_min_error_statement: 'debug1',
  log_min_messages: 'debug1',
  log_error_verbosity: 'verbose',
  log_connections: 'on',
  log_disconnections: 'on',
  wal_compression: 'off',
};

const valueOf = (shape: Parameters<typeof canarySecret>[0], seed: string) => canarySecret(shape, `leaks/${seed}`);

const stored = {
  text_openai: Buffer.from(valueOf('openai', 'text')),
  text_anthropic: Buffer.from(valueOf('anthropic', 'text')),
  text_groq: Buffer.from(valueOf('groq', 'text')),
  text_database: Buffer.from(valueOf('database', 'text')),
  base64_database: Buffer.from(valueOf('database', 'base64')),
  base64_binary: Buffer.concat([Buffer.of(0, 0xff, 0xfe, 0x80), Buffer.from(valueOf('groq', 'base64')), Buffer.of(0)]),
};
const renewed = valueOf('anthropic', 'renewed');
const unlucky = valueOf('openai', 'unlucky');
/** Never stored: they stand in the wrong place each time. */
const [misplaced, awkward] = [valueOf('openai', 'misplaced'), valueOf('database', 'misplaced')];

/** Both ends of each value, so that a part of one counts, too: messages about errors like to quote a beginning. */
const canaries = [
  ...Object.values(stored),
  ...[renewed, unlucky, misplaced, awkward].map((value) => Buffer.from(value)),
].flatMap((value) => [value.subarray(0, 20), value.subarray(-12)]);

const nameOf = (key: string) => `tenant.acme.provider.${key}`;
const known = nameOf('text_groq');

let stage: Stage;
let billing: KeytrailClient;
beforeAll(async () => {
  stage = await openStage({ postgresSettings: talkative });
  billing = await stage.caller('billing');
  await stage.ask('POST', '/workspaces', { body: { slug: 'acme' } });
});
afterAll(closeStage);

describe('a value', () => {
  it('is stored and obtained', async () => {
    for (const [key, bytes] of Object.entries(stored)) {
      const reference = nameOf(key);
      const value = key.startsWith('text') ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
      expect(await stage.ask('POST', '/secrets', { body: { reference, value } })).toMatchObject({ status: 201 });
      using obtained = await billing.decrypt(reference, { purpose: 'search' });
      expect(obtained.bytes.equals(bytes)).toBe(true);
    }
  });

  it('is replaced and revoked', async () => {
    const secret = `/secrets/${nameOf('text_openai')}`;
    const body = { value: { text: renewed } };
    expect(await stage.ask('POST', `${secret}/versions`, { body })).toMatchObject({ status: 201 });
    (await billing.decrypt(nameOf('text_openai'))).destroy();
    expect(await stage.ask('POST', `${secret}/revoke`)).toMatchObject({ status: 200 });
    expect(await refusalOf(billing.decrypt(nameOf('text_openai')))).toMatchObject({ code: 'secret.unavailable' });
  });

  it('that meets a database that is down is stored once it is up again', async () => {
    let key = 0;
    const store = () =>
      stage.ask('POST', '/secrets', {
        body: { reference: nameOf(`unlucky_${key}`), value: { text: unlucky } },
        headers: { 'idempotency-key': `unlucky-${key}` },
      });
    process.kill(stage.system.pidOf('postgres'), 'SIGKILL');
    const storeAnother = () => {
      key++;
      return store();
    };
    expect(await until(storeAnother, ({ status }) => status !== 201)).toMatchObject({ json: { status: 503 } });
    await until(store, ({ status }) => status === 201);
    (await billing.decrypt(nameOf(`unlucky_${key}`))).destroy();
  });
});

const quoted = JSON.stringify(awkward);
const reference = nameOf('refused');
const good = { reference, value: { text: misplaced } };
type Misuse = readonly [what: string, request: Parameters<Stage['ask']>];
const body = (what: string, content: string | object, headers = {}): Misuse => [
  what,
  ['POST', '/secrets', { body: content, headers }],
];
const query = (what: string, place: string, headers = {}): Misuse => [what, ['GET', place, { headers }]];

describe('a value in the wrong place is refused:', () => {
  it.each<Misuse>([
    body('for a secret that exists', { ...good, reference: known }),
    body('for a workspace that does not', { ...good, reference: 'tenant.nowhere.provider.key' }),
    body('as reference', { ...good, reference: misplaced }),
    body('inside the reference', { ...good, reference: nameOf(misplaced) }),
    body('bare', { ...good, value: awkward }),
    body('in a list', { ...good, value: { text: [misplaced] } }),
    body('as key of the body', { ...good, [misplaced]: awkward }),
    body('as key of the value', { ...good, value: { [misplaced]: 'x', [awkward]: 'x' } }),
    body('as text and base64', {
      ...good,
      value: { text: misplaced, base64: Buffer.from(misplaced).toString('base64') },
    }),
    body('as base64 that it is not', { ...good, value: { base64: misplaced } }),
    body('as time', { ...good, expiresAt: awkward }),
    body('with NUL', { ...good, value: { text: `${misplaced}\0` } }),
    body('with half a character', { ...good, value: { text: `${misplaced}\ud800` } }),
    body('too often for a value', { ...good, value: { text: misplaced.repeat(420) } }),
    body('too often for a body', { ...good, value: { text: misplaced.repeat(700) } }),
    body('twice under one key', `{"reference":"${reference}","value":{"text":${quoted},"text":${quoted}}}`),
    body('as a repeated key', `{"reference":"${reference}","value":{"text":"x"},${quoted}:1,${quoted}:2}`),
    body('in JSON that breaks off', `{"reference":"${reference}","value":{"text":${quoted}`),
    body('behind JSON', `${JSON.stringify(good)} ${misplaced}`),
    body('instead of JSON', misplaced),
    body(
      'in ill-formed UTF-8',
      Buffer.concat([Buffer.from(`{"reference":"${misplaced}`), Buffer.of(0xff, 0x22, 0x7d)]),
    ),
    body('as content type', misplaced, { 'content-type': misplaced }),
    body('as idempotency key', good, { 'idempotency-key': misplaced }),
    [
      'as revision',
      [
        'POST',
        `/secrets/${known}/versions`,
        { body: { value: { text: awkward } }, headers: { 'if-match': misplaced } },
      ],
    ],
    ['as reason', ['POST', `/secrets/${known}/revoke`, { body: { reason: misplaced.repeat(4) } }]],
    query('in the path', `/secrets/${nameOf(misplaced)}`),
    query('in the path, percent-encoded', `/secrets/${encodeURIComponent(awkward)}`),
    query('as operation', `/${encodeURIComponent(awkward)}`),
    query('in the query', `/secrets/${known}?value=${encodeURIComponent(awkward)}`),
    query('as key of the query', `/secrets/${known}?${misplaced}=1`),
    query('as filter', `/audit/events?reference=${misplaced}`),
    query('as cursor', `/audit/events?cursor=${misplaced.slice(0, 100)}`),
    query('as token in the query', `/audit/events?access_token=${misplaced}`),
    query('as token', '/audit/events', { authorization: `Bearer ${misplaced}` }),
    query('as authorization', '/audit/events', { authorization: misplaced }),
  ])('%s', async (_what, request) => {
    const { json } = await stage.ask(...request);
    expect(json).toMatchObject({ code: expect.any(String) });
    expect(Math.floor((json['status'] as number) / 100)).toBe(4);
  });

  it('or, where an id of the request should stand, overlooked', async () => {
    const headers = { 'x-request-id': misplaced, traceparent: misplaced };
    const { status, headers: answered } = await stage.ask('GET', `/secrets/${known}`, { headers });
    expect([status, answered['x-request-id']]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  it.each([
    ['as request', misplaced],
    ['as reference', { reference: misplaced }],
    ['as key', { reference: known, [misplaced]: 1 }],
    ['as version', { reference: known, version: awkward }],
    ['as purpose', { reference: known, purpose: misplaced.repeat(2) }],
  ])('over NATS, %s', async (_what, content) => {
    const reply = await stage.request('billing', content);
    expect(reply).toMatchObject({ ok: false, error: { code: 'request.malformed' } });
    expect(findCanary(Buffer.from(JSON.stringify(reply)), canaries)).toEqual([]);
  });
});

describe('after all that', () => {
  beforeAll(async () => {
    (await billing.decrypt(known, { requestId: 'last' })).destroy();
    await stage.entriesThrough('last');
    const { dir } = stage.system;
    // What is there only while the system runs.
    for (const name of ['dev.json', 'run'])
      fs.cpSync(path.join(dir, name), path.join(dir, 'kept', name), { recursive: true });
    await stage.system.stop();
  });

  it('no answer holds a value', () => {
    const answered = Buffer.concat(stage.answers);
    expect(findCanary(answered, canaries)).toEqual([]);
    expect(findCanary(answered, [Buffer.from(known)])).not.toEqual([]);
  });

  it('no file holds a value', () => {
    expect(searchFolder(stage.system.dir, canaries)).toEqual([]);
  });

  it('every file in which one could stand has been searched', () => {
    const { dir } = stage.system;
    const holding = searchFolder(dir, [Buffer.from(known)]).map(({ file }) => file);
    for (const place of [/^pg\/base\//, /^pg\/pg_wal\//, /^nats\/.*\.blk$/, /^logs\/postgres\.log$/]) {
      expect(holding).toContainEqual(expect.stringMatching(place));
    }
    const names = filesBelow(dir).map((file) => path.relative(dir, file));
    const logs = [...serviceNames, 'nats'].map((name) => `logs/${name}.log`);
    expect(names).toEqual(expect.arrayContaining([...logs, 'kept/dev.json', 'kept/run/vault.json', 'root.key']));
    const log = fs.readFileSync(path.join(dir, 'logs/postgres.log'), 'utf8');
    expect([/insert into sealed_version/i.test(log), log.includes('Parameters: $1 = ')]).toEqual([true, true]);
  });

  it('one that stood there would have been found, in whatever form', () => {
    const { dir, data } = stage.system;
    const folder = fs.realpathSync(data.postgres);
    const expected = [...encodingsOf(stored.text_database)].map(([encoding, needle]) => {
      fs.writeFileSync(path.join(folder, encoding), Buffer.concat([Buffer.alloc(70_001), needle, Buffer.of(0)]));
      return { file: `pg/${encoding}`, canary: 0, encoding };
    });
    expect(searchFolder(dir, [stored.text_database])).toEqual(expect.arrayContaining(expected));
  });
});
