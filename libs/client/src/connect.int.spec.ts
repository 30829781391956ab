/** The client against a real nats-server, with a stand-in for the vault that answers what each test tells it. */
import path from 'node:path';
import { format, inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcError } from '@keytrail/contracts';
import { type BusConnection, connectRpc, mintIdentity, serverConfiguration, systemIdentities } from '@keytrail/nats';
import { serveEcho } from '@keytrail/nats/echo';
import { type NatsServer, startNats, type TemporaryFolder, temporaryFolder } from '@keytrail/testing';
import { connect, type KeytrailClient } from './connect.js';
import { KeytrailError } from './keytrail-error.js';

const REFERENCE = 'tenant.acme.openai.prod';
const receipt = { eventId: '01890000-0000-7000-8000-000000000001', position: '42', digest: 'd'.repeat(64) };
const released = (value: string) => ({
  ok: true,
  value: { receipt, version: 3, sealed: Buffer.from(value).toString('base64') },
});

const identities = systemIdentities(['billing']);
const [billing] = identities.callers;
const vault = identities.vault.rpc;

let folder: TemporaryFolder;
let nats: NatsServer;
let keytrail: KeytrailClient;
let standIn: BusConnection;
let answer: unknown;

beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({
    dir: path.join(folder.path, 'nats'),
    configuration: ({ port, storeDir }) =>
      serverConfiguration({ port, storeDir, serverName: 'client-spec', identities }),
  });
  standIn = await connectRpc({ ...vault, url: nats.url, conn: 'c'.repeat(16) });
  serveEcho(standIn, 'vault', () => answer);
  keytrail = await connect({ url: nats.url, principal: billing.principal, seed: billing.seed });
}, 60_000);

afterAll(async () => {
  await keytrail?.close();
  await standIn?.close();
  await nats?.stop();
  await folder?.remove();
});

const failureOf = async (attempt: Promise<unknown>): Promise<KeytrailError> => {
  const failure: unknown = await attempt.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(KeytrailError);
  return failure as KeytrailError;
};

describe('a value', () => {
  it('comes with its version and its receipt, and is zeroed once it is let go', async () => {
    answer = released('the value');
    const value = await keytrail.decrypt(REFERENCE);
    expect(value).toMatchObject({ reference: REFERENCE, version: 3, receipt });
    expect(value.text()).toBe('the value');
    const { bytes } = value;
    value.destroy();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(() => value.bytes).toThrow();
  });

  it('prints without its value, however it is printed', async () => {
    answer = released('the value');
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
    answer = { ...released(''), value: { receipt, version: 1, sealed: '/w==' } };
    const value = await keytrail.decrypt(REFERENCE);
    expect([...value.bytes]).toEqual([0xff]);
    expect(() => value.text()).toThrow(/utf-8/);
  });
});

describe('a refusal', () => {
  it('has the code of the vault, whether it may be tried again, and the id of the request', async () => {
    answer = { ok: false, error: rpcError('secret.unavailable', 'this secret is not available to you') };
    const failure = await failureOf(keytrail.decrypt(REFERENCE, { requestId: 'my-request' }));
    expect(failure).toMatchObject({ code: 'secret.unavailable', retryable: false, requestId: 'my-request' });
  });

  it.each(['tenant..openai.key', 'tenant.acme.*.key', '', 'TENANT.acme.openai.key'])(
    'of the reference %j is known before anything is sent',
    async (reference) => {
      answer = released('never');
      expect(await failureOf(keytrail.decrypt(reference))).toMatchObject({ code: 'request.malformed' });
    },
  );

  it.each([
    { ok: true, value: { sealed: 'eA==' } },
    { ok: true, value: { receipt: { ...receipt, digest: 'short' }, version: 1, sealed: 'eA==' } },
    { ok: true },
    'nonsense',
  ])('is the answer where the vault’s own makes no sense: %j', async (reply) => {
    answer = reply;
    expect(await failureOf(keytrail.decrypt(REFERENCE))).toMatchObject({ code: 'internal' });
  });
});

it('a stranger cannot connect', async () => {
  const { seed } = mintIdentity('stranger');
  expect(await failureOf(connect({ url: nats.url, principal: billing.principal, seed }))).toMatchObject({
    code: 'service.unavailable',
  });
});

it('nobody can ask in the name of another', async () => {
  const { principal } = mintIdentity('victim');
  const impostor = await connect({ url: nats.url, principal, seed: billing.seed });
  answer = released('never');
  expect(await failureOf(impostor.decrypt(REFERENCE))).toMatchObject({ code: 'access.denied' });
  await impostor.close();
});

it('a request that nobody answers may be tried again', async () => {
  await standIn.close();
  let failure = await failureOf(keytrail.decrypt(REFERENCE));
  // The server may not have heard yet that nobody is there.
  while (failure.code === 'request.deadline_exceeded') failure = await failureOf(keytrail.decrypt(REFERENCE));
  expect(failure).toMatchObject({ code: 'service.unavailable', retryable: true });
});
