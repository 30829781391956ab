/** The client against a real nats-server, with a stand-in for the vault that answers what each test tells it. */
import { format, inspect } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { rpcError } from '@keytrail/contracts';
import { connectSecretOf } from '@keytrail/crypto';
import { drillDoor } from '@keytrail/nats/drill';
import { findCanary } from '@keytrail/testing';
import type { KeytrailClient } from './connect.js';
import { failureOf, keytrailForSpecs, receipt, REFERENCE, released } from './keytrail.fixture.js';

const system = keytrailForSpecs();

let keytrail: KeytrailClient;
let token: string;
beforeAll(async () => {
  ({ token } = system().enroll());
  keytrail = await system().client({ credential: { token }, receipts: 3 });
}, 60_000);

const answering = (answer: unknown): void => void (system().standIn.answer = answer);

describe('a value', () => {
  it('comes with its version and its receipt, and is zeroed once it is let go', async () => {
    answering(released('the value'));
    const value = await keytrail.decrypt(REFERENCE);
    expect(value).toMatchObject({ reference: REFERENCE, version: 3, receipt });
    expect(value.text()).toBe('the value');
    const { bytes } = value;
    value.destroy();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(() => value.bytes).toThrow();
  });

  it('prints without its value, however it is printed', async () => {
    answering(released('the value'));
    const value = await keytrail.decrypt(REFERENCE);
    for (const printed of [
      inspect(value, { showHidden: true, depth: 9 }),
      JSON.stringify(value),
      format('%s', value),
    ]) {
      expect(printed).not.toContain('the value');
      expect(printed).not.toContain(Buffer.from('the value').toString('base64'));
    }
    value.destroy();
  });

  it('that is not UTF-8 has bytes, and no text', async () => {
    answering({ ok: true, value: { receipt, version: 1, value: '/w==' } });
    const value = await keytrail.decrypt(REFERENCE);
    expect([...value.bytes]).toEqual([0xff]);
    expect(() => value.text()).toThrow(/utf-8/);
  });
});

describe('many values', () => {
  it('come with one request, each with its receipt', async () => {
    answering(released('the value'));
    system().standIn.asked.length = 0;
    const outcomes = await keytrail.decryptBatch([REFERENCE, { reference: REFERENCE, version: 3 }, 'no reference']);
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value.text() : outcome.error.code))).toEqual([
      'the value',
      'the value',
      'request.malformed',
    ]);
    expect(system().standIn.asked).toEqual([2]);
    expect(keytrail.receipts().slice(-2)).toMatchObject([{ reference: REFERENCE }, { reference: REFERENCE }]);
  });

  it('that are asked for one by one come with one request, where that is wanted', async () => {
    answering(released('the value'));
    const together = await system().client({ credential: { token: system().enroll().token }, coalesce: true });
    await together.decrypt(REFERENCE);
    system().standIn.asked.length = 0;
    const own = { requestId: 'mine' };
    const values = await Promise.all([{}, { purpose: 'any' }, own].map((how) => together.decrypt(REFERENCE, how)));
    expect(values.map((value) => value.text())).toEqual(['the value', 'the value', 'the value']);
    expect(system().standIn.asked.toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(together.receipts()).toHaveLength(4);
  });
});

describe('a request that is turned away', () => {
  const overloaded = { ok: false, error: rpcError('service.overloaded', 'too many requests') };

  it.each([
    ['one value', async (how: object) => [await keytrail.decrypt(REFERENCE, how)]],
    [
      'many',
      async (how: object) =>
        (await keytrail.decryptBatch([REFERENCE, REFERENCE], how)).map((outcome) => {
          if (outcome.ok) return outcome.value;
          throw outcome.error;
        }),
    ],
  ])('for %s is asked again under the same id, until it is served', async (_, ask) => {
    answering(released('the value'));
    const { standIn } = system();
    standIn.firstAnswers.push(overloaded, overloaded, overloaded);
    standIn.requestIds.length = 0;
    const values = await ask({ requestId: 'mine', timeoutMs: 10_000 });
    expect(new Set(values.map((value) => value.text()))).toEqual(new Set(['the value']));
    expect(standIn.requestIds).toEqual(['mine', 'mine', 'mine', 'mine']);
    expect(keytrail.receipts().at(-1)).toMatchObject({ requestId: 'mine' });
  });

  it('is said to be so where it was until its deadline', async () => {
    answering(overloaded);
    const { standIn } = system();
    standIn.requestIds.length = 0;
    const failure = await failureOf(keytrail.decrypt(REFERENCE, { requestId: 'mine' }));
    expect(failure).toMatchObject({ code: 'service.overloaded', retryable: true, requestId: 'mine' });
    expect(standIn.requestIds.length).toBeGreaterThan(1);
  });

  it('is not asked again where that is not wanted', async () => {
    answering(overloaded);
    const client = await system().client({ credential: { token }, retries: false });
    const { standIn } = system();
    standIn.requestIds.length = 0;
    expect(await failureOf(client.decrypt(REFERENCE))).toMatchObject({ code: 'service.overloaded' });
    expect(standIn.requestIds).toHaveLength(1);
  });
});

describe('a receipt', () => {
  it('is kept of each value, with the request that it answers, and the oldest is dropped', async () => {
    answering(released('the value'));
    for (const requestId of ['first', 'second', 'third', 'fourth']) await keytrail.decrypt(REFERENCE, { requestId });
    const kept = keytrail.receipts();
    expect(kept.map(({ requestId }) => requestId)).toEqual(['second', 'third', 'fourth']);
    expect(kept[0]).toEqual({
      reference: REFERENCE,
      version: 3,
      receipt,
      requestId: 'second',
      receivedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]{12}Z$/),
    });
  });

  it('is not kept of a refusal', async () => {
    const before = keytrail.receipts();
    answering({ ok: false, error: rpcError('secret.unavailable', 'this secret is not available to you') });
    await failureOf(keytrail.decrypt(REFERENCE));
    expect(keytrail.receipts()).toEqual(before);
  });
});

describe('a refusal', () => {
  it('has the code of the vault, whether it may be tried again, and the id of the request', async () => {
    answering({ ok: false, error: rpcError('secret.unavailable', 'this secret is not available to you') });
    const failure = await failureOf(keytrail.decrypt(REFERENCE, { requestId: 'my-request' }));
    expect(failure).toMatchObject({ code: 'secret.unavailable', retryable: false, requestId: 'my-request' });
  });

  it.each(['tenant..openai.key', 'tenant.acme.*.key', '', 'TENANT.acme.openai.key'])(
    'of the reference %j is known before anything is sent',
    async (reference) => {
      answering(released('never'));
      expect(await failureOf(keytrail.decrypt(reference))).toMatchObject({ code: 'request.malformed' });
    },
  );

  it.each([
    { ok: true, value: { value: 'eA==' } },
    { ok: true, value: { receipt: { ...receipt, digest: 'short' }, version: 1, value: 'eA==' } },
    { ok: true },
    'nonsense',
  ])('is the answer where the vault’s own makes no sense: %j', async (reply) => {
    answering(reply);
    expect(await failureOf(keytrail.decrypt(REFERENCE))).toMatchObject({ code: 'internal' });
  });
});

describe('the bus', () => {
  it('sees neither an API token nor a value, whoever listens to all of it', async () => {
    const enrolled = system().enroll();
    const value = 'a value that nobody else may read';
    answering(released(value));
    const recording = await system().record();
    const before = system().standIn.passwords.length;
    const client = await system().client({ credential: { token: enrolled.token } });
    (await client.decrypt(REFERENCE)).destroy();
    const recorded = recording.recorded();
    await recording.close();
    expect(system().standIn.passwords.slice(before)).toEqual([connectSecretOf(enrolled.token)]);
    expect(system().standIn.credentials.at(-1)).toEqual({ type: 'api_token', token: enrolled.token });
    expect(recorded.includes('.secret.decrypt')).toBe(true);
    expect(findCanary(recorded, [Buffer.from(enrolled.token), Buffer.from(value)])).toEqual([]);
  });

  it('is shown a JWT, and nothing of it passes in a request', async () => {
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiaWxsaW5nIn0.c2lnbmF0dXJl';
    system().standIn.guests.set(jwt, system().enroll().principal);
    answering(released('the value'));
    const recording = await system().record();
    const client = await system().client({ credential: { token: jwt } });
    (await client.decrypt(REFERENCE)).destroy();
    expect(findCanary(recording.recorded(), [Buffer.from(jwt)])).toEqual([]);
    await recording.close();
    expect(system().standIn.passwords.at(-1)).toBe(jwt);
    expect(system().standIn.credentials.at(-1)).toEqual({ type: 'jwt', token: jwt });
  });
});

describe('whoever answers without the vault key', () => {
  it('is not believed to be the vault, and is told nothing', async () => {
    const { vaultKey } = drillDoor(() => ({ roles: [] }));
    const before = system().standIn.credentials.length;
    const recording = await system().record();
    const client = await system().client({ credential: { token }, vaultKey });
    expect(await failureOf(client.decrypt(REFERENCE))).toMatchObject({ code: 'key.unknown' });
    const recorded = recording.recorded();
    await recording.close();
    expect(system().standIn.credentials).toHaveLength(before);
    expect(recorded.includes('.key.list')).toBe(true);
    expect(recorded.includes('.session.open')).toBe(false);
  });
});

describe('nothing prints a token', () => {
  const printed = (thing: unknown): string =>
    [inspect(thing, { showHidden: true, depth: 12 }), JSON.stringify(thing), format('%s', thing)].join('\n');

  it('neither the client nor what it throws', async () => {
    const stranger = system().enroll();
    system().standIn.guests.delete(connectSecretOf(stranger.token) as string);
    const { url } = system();
    const credential = { token: stranger.token };
    const failures = [
      await failureOf(system().client({ credential })),
      await failureOf(system().client({ credential, url: 'nats://127.0.0.1:1', patienceMs: 0 })),
      await failureOf(system().client({ credential, url: url.replace('nats:', 'tls:'), patienceMs: 0 })),
      await failureOf(keytrail.decrypt('tenant..openai.key')),
    ];
    expect(failures.map(({ code }) => code)).toEqual([
      'auth.invalid',
      'service.unavailable',
      'service.unavailable',
      'request.malformed',
    ]);
    expect(failures.slice(0, 3).every(({ cause }) => cause !== undefined)).toBe(true);
    const all = Buffer.from([keytrail, ...failures].map(printed).join('\n'));
    const secrets = [token, stranger.token].flatMap((secret) => [secret, connectSecretOf(secret) as string]);
    expect(
      findCanary(
        all,
        secrets.map((secret) => Buffer.from(secret)),
      ),
    ).toEqual([]);
  });
});

it('a request that nobody answers may be tried again', async () => {
  await system().closeVault();
  let failure = await failureOf(keytrail.decrypt(REFERENCE));
  // The server may not have heard yet that nobody is there.
  while (failure.code === 'request.deadline_exceeded') failure = await failureOf(keytrail.decrypt(REFERENCE));
  expect(failure).toMatchObject({ code: 'service.unavailable', retryable: true });
});
