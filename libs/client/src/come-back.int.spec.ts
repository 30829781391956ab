/** Coming in and coming back: with which credential, how long it is waited, and what goes on by itself. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectSecretOf } from '@keytrail/crypto';
import type { KeytrailClient } from './connect.js';
import type { KeytrailError } from './keytrail-error.js';
import { failureOf, keytrailForSpecs, REFERENCE, until } from './keytrail.fixture.js';

const system = keytrailForSpecs();

let file: string;
let files = 0;
beforeEach(() => {
  file = path.join(system().folder, `token-${files++}`);
});
afterEach(() => {
  Object.assign(system().standIn, { admissionMs: 600_000, takesCredentials: true });
});

const holds = (token: string): void => fs.writeFileSync(file, `${token}\n`);
const secretOf = (token: string): string => connectSecretOf(token) as string;
const shownToDoor = (): string | undefined => system().standIn.passwords.at(-1);
const shownToVault = () => system().standIn.credentials.at(-1);
const obtain = async (client: KeytrailClient): Promise<void> => (await client.decrypt(REFERENCE)).destroy();

/** `served`, or the code of what was thrown. */
const outcomeOf = (client: KeytrailClient): Promise<string> =>
  obtain(client).then(
    () => 'served',
    (error: KeytrailError) => error.code,
  );

describe('a client comes in', () => {
  it.each<[string, (token: string) => Parameters<ReturnType<typeof system>['client']>]>([
    ['an option', (token) => [{ credential: { token } }]],
    ['a file', (token) => [{ credential: { tokenFile: file } }, { KEYTRAIL_TOKEN: `other${token}` }]],
    ['KEYTRAIL_TOKEN', (token) => [{}, { KEYTRAIL_TOKEN: token, KEYTRAIL_TOKEN_FILE: '/nowhere' }]],
    ['KEYTRAIL_TOKEN_FILE', () => [{}, { KEYTRAIL_TOKEN_FILE: file }]],
  ])('with the credential of %s, under its own principal', async (_what, told) => {
    const { token, principal } = system().enroll();
    holds(token);
    const client = await system().client(...told(token));
    expect(client.principal).toBe(principal);
    expect(shownToDoor()).toBe(secretOf(token));
    await obtain(client);
    expect(shownToVault()).toEqual({ type: 'api_token', token });
  });

  it('not without a credential', async () => {
    const before = system().standIn.passwords.length;
    expect(await failureOf(system().client({}))).toMatchObject({ code: 'auth.missing', retryable: false });
    expect(system().standIn.passwords).toHaveLength(before);
  });

  it('not with one that the door does not know', async () => {
    const { token } = system().enroll();
    system().standIn.guests.clear();
    const failure = await failureOf(system().client({ credential: { token } }));
    expect(failure).toMatchObject({ code: 'auth.invalid', retryable: false });
  });

  it('and is refused by the vault where that does not take its credential', async () => {
    const { token } = system().enroll();
    const client = await system().client({ credential: { token } });
    system().standIn.takesCredentials = false;
    const failure = await failureOf(client.decrypt(REFERENCE, { requestId: 'mine' }));
    expect(failure).toMatchObject({ code: 'auth.invalid', retryable: false, requestId: 'mine' });
  });

  it('not where there is no bus', async () => {
    const { token } = system().enroll();
    const nowhere = { url: 'nats://127.0.0.1:1', credential: { token }, patienceMs: 0 };
    expect(await failureOf(system().client(nowhere))).toMatchObject({ code: 'service.unavailable', retryable: true });
  });

  it('not in clear text where it was told to use TLS, and shows nothing', async () => {
    const { token } = system().enroll();
    const before = system().standIn.passwords.length;
    const url = system().url.replace('nats:', 'tls:');
    const failure = await failureOf(system().client({ url, credential: { token }, patienceMs: 0 }));
    expect(failure).toMatchObject({ code: 'service.unavailable' });
    expect(system().standIn.passwords).toHaveLength(before);
  });

  it('once somebody keeps the door, where nobody did, and not where its patience has ended before', async () => {
    const { token } = system().enroll();
    await system().shutDoor();
    const waiting = system().client({ credential: { token } });
    const impatient = await failureOf(system().client({ credential: { token }, patienceMs: 0 }));
    expect(impatient).toMatchObject({ code: 'service.unavailable', retryable: true });
    await system().openDoor();
    await obtain(await waiting);
  });
});

describe('a file that rotates', () => {
  it('is read anew for the next session', async () => {
    const [first, second] = [system().enroll(), system().enroll()];
    holds(first.token);
    const client = await system().client({ credential: { tokenFile: file } });
    await obtain(client);
    holds(second.token);
    await obtain(client);
    expect(shownToVault()).toMatchObject({ token: first.token });
    system().forget();
    await obtain(client);
    expect(shownToVault()).toMatchObject({ token: second.token });
  });

  it('is read anew for the next connection', async () => {
    const first = system().enroll();
    const second = system().enroll(first.principal);
    holds(first.token);
    system().standIn.admissionMs = 2_000;
    const client = await system().client({ credential: { tokenFile: file } });
    expect(shownToDoor()).toBe(secretOf(first.token));
    system().standIn.admissionMs = 600_000;
    holds(second.token);
    await until(() => shownToDoor() === secretOf(second.token));
    await until(async () => (await outcomeOf(client)) === 'served');
  });

  it('and is gone when it is needed is said so, and found when it is back', async () => {
    const { token } = system().enroll();
    holds(token);
    const client = await system().client({ credential: { tokenFile: file } });
    fs.rmSync(file);
    const failure = await failureOf(client.decrypt(REFERENCE, { requestId: 'mine' }));
    expect(failure).toMatchObject({ code: 'auth.missing', requestId: 'mine' });
    holds(token);
    await obtain(client);
  });
});

describe('a client that is not let in again', () => {
  it('says so, and goes on once it is', async () => {
    const { token, principal } = system().enroll();
    system().standIn.admissionMs = 2_000;
    const client = await system().client({ credential: { token } });
    await obtain(client);
    system().standIn.guests.delete(secretOf(token));
    await until(async () => (await outcomeOf(client)) === 'auth.invalid');
    expect(await failureOf(client.decrypt(REFERENCE))).toMatchObject({ code: 'auth.invalid', retryable: false });
    system().standIn.admissionMs = 600_000;
    system().standIn.guests.set(secretOf(token), principal);
    await until(async () => (await outcomeOf(client)) === 'served');
  });

  it('says that its credential is gone where that is why', async () => {
    const { token } = system().enroll();
    holds(token);
    system().standIn.admissionMs = 2_000;
    const client = await system().client({ credential: { tokenFile: file } });
    await obtain(client);
    fs.rmSync(file);
    system().standIn.admissionMs = 600_000;
    await until(async () => (await outcomeOf(client)) === 'auth.missing');
    expect(await failureOf(client.decrypt(REFERENCE))).toMatchObject({ code: 'auth.missing', retryable: false });
    holds(token);
    await until(async () => (await outcomeOf(client)) === 'served');
  });
});

describe('by itself', () => {
  it('a session that the vault has forgotten is opened anew', async () => {
    const { token } = system().enroll();
    const client = await system().client({ credential: { token } });
    await obtain(client);
    const before = system().standIn.credentials.length;
    system().forget();
    await obtain(client);
    expect(system().standIn.credentials).toHaveLength(before + 1);
  });

  it('a client works again once nats-server was killed and started again, however hard it is asked', async () => {
    const { token } = system().enroll();
    const client = await system().client({ credential: { token } });
    await obtain(client);
    await system().killServer();
    expect(await failureOf(client.decrypt(REFERENCE))).toMatchObject({ retryable: true });
    await system().restartServer();
    const deadline = performance.now() + 60_000;
    const seen = new Set<string>();
    while (!seen.has('served') && performance.now() < deadline) seen.add(await outcomeOf(client));
    expect(seen).toContain('served');
    expect(['served', 'service.unavailable', 'request.deadline_exceeded']).toEqual(expect.arrayContaining([...seen]));
  });
});
