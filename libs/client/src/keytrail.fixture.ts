/** A Keytrail as its clients see one, for specs: a real nats-server, its door, and a vault that stores nothing. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from '@jest/globals';
import { type Credential, DecryptBatchRequest, type RpcReply, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { connectSecretOf, mintApiToken, mintConn, mintPrincipal } from '@keytrail/crypto';
import {
  authCallout,
  connectAuth,
  connectRpc,
  type Entrant,
  mintIdentity,
  ok,
  refused,
  type RpcRequest,
  serverConfiguration,
  systemIdentities,
} from '@keytrail/nats';
import { drillDoor, vaultAt } from '@keytrail/nats/drill';
import { type NatsServer, startNats, temporaryFolder } from '@keytrail/testing';
import { connect } from './connect.js';
import type { ConnectOptions } from './connect-options.js';
import { KeytrailError } from './keytrail-error.js';

export const REFERENCE = 'tenant.acme.openai.prod';
export const receipt = { eventId: '01890000-0000-7000-8000-000000000001', position: '42', digest: 'd'.repeat(64) };

/** What a vault answers that releases this value. */
export const released = (text: string) => ({
  ok: true,
  value: { receipt, version: 3, value: Buffer.from(text).toString('base64') },
});

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** What the vault and its door do, as each test tells them, and what they have seen. */
export interface StandIn {
  /** The answer to every decrypt, and of many to each. */
  answer: unknown;
  /** Those that come before it, one to each request. */
  readonly firstAnswers: unknown[];
  /** How many values were asked for by each request, in order. */
  readonly asked: number[];
  /** The id of each of those requests. */
  readonly requestIds: string[];
  /** Whom the door lets in, by what it is shown. */
  readonly guests: Map<string, string>;
  /** For how long it lets them in. */
  admissionMs: number;
  /** Whether the vault takes credentials. */
  takesCredentials: boolean;
  /** Every password that the door was shown. */
  readonly passwords: string[];
  /** Every credential that the vault was shown in a session's set-up. */
  readonly credentials: Credential[];
}

export type Keytrail = Awaited<ReturnType<typeof startKeytrail>>;

/** Starts one before the specs of a file, and ends with them whatever is still there. */
export function keytrailForSpecs(): () => Keytrail {
  let keytrail: Keytrail;
  beforeAll(async () => {
    keytrail = await startKeytrail();
  }, 60_000);
  afterAll(() => keytrail.stop());
  return () => keytrail;
}

async function startKeytrail() {
  const identities = systemIdentities();
  const spy = mintIdentity('spy');
  const folder = await temporaryFolder();
  const start = (port?: number): Promise<NatsServer> =>
    startNats({
      dir: path.join(folder.path, 'nats'),
      ...(port !== undefined && { port }),
      configuration: (at) =>
        withSpy(serverConfiguration({ ...at, serverName: 'client-spec', identities }), spy.publicKey),
    });
  let nats = await start();
  const { url } = nats;
  const standIn: StandIn = {
    answer: released('the value'),
    firstAnswers: [],
    asked: [],
    requestIds: [],
    guests: new Map(),
    admissionMs: 600_000,
    takesCredentials: true,
    passwords: [],
    credentials: [],
  };
  const vault = await startVault(url, standIn, identities.vault.rpc);
  let door: { close(): Promise<void> } | null = await openDoor(url, standIn, identities.callout);
  const clients: { close(): Promise<void> }[] = [];
  const options: ConnectOptions = { url, vaultKey: vault.vaultKey, patienceMs: 60_000 };
  return {
    url,
    vaultKey: vault.vaultKey,
    standIn,
    folder: folder.path,
    /** Ends every session. */
    forget: vault.forget,
    closeVault: vault.close,
    /** A new API token of a new principal, whom the door lets in. */
    enroll: (principal: string = mintPrincipal()) => {
      const { token } = mintApiToken();
      standIn.guests.set(connectSecretOf(token) as string, principal);
      return { token, principal };
    },
    /** Connects with nothing from this process's environment. */
    client: async (more: ConnectOptions, env: NodeJS.ProcessEnv = {}) => {
      const client = await connect({ ...options, ...more }, env);
      clients.push(client);
      return client;
    },
    shutDoor: async () => {
      await door?.close();
      door = null;
    },
    openDoor: async () => {
      door = await openDoor(url, standIn, identities.callout);
    },
    killServer: () => nats.kill(),
    restartServer: async () => {
      nats = await start(nats.port);
    },
    /** All that passes over the account of requests until it is closed. */
    record: async () => {
      const connection = await connectRpc({ ...spy, url, conn: mintConn() });
      const chunks: string[] = [];
      connection.nc.subscribe('>', {
        callback: (_error, { subject, data, headers }) =>
          void chunks.push(subject, Buffer.from(data).toString('latin1'), [...(headers ?? [])].join('\n')),
      });
      await connection.roundTrip();
      return { recorded: () => Buffer.from(chunks.join('\n'), 'latin1'), close: () => connection.close() };
    },
    stop: async () => {
      for (const client of clients) await client.close();
      await door?.close();
      await vault.close();
      await nats.stop();
      await folder.remove();
    },
  };
}

/** No real configuration has a user who may hear everything. */
function withSpy(configuration: string, nkey: string): string {
  const parsed = JSON.parse(configuration);
  parsed.accounts.RPC.users.push({ nkey });
  parsed.authorization.auth_callout.auth_users.push(nkey);
  return JSON.stringify(parsed);
}

type Identities = ReturnType<typeof systemIdentities>;

async function startVault(url: string, standIn: StandIn, identity: Identities['vault']['rpc']) {
  const door = drillDoor(() => ({ roles: [{ role: 'service', workspace: SYSTEM_WORKSPACE }] }));
  const connection = await connectRpc({ ...identity, url, conn: mintConn() });
  const open = async (body: unknown, request: RpcRequest): Promise<unknown> => {
    const sealed = body as Parameters<typeof door.open>[0];
    const { bytes } = door.open(sealed, 'session', [request.subject, request.reply]);
    standIn.credentials.push(JSON.parse(bytes.toString()) as Credential);
    if (!standIn.takesCredentials) return refused('auth.invalid', 'this credential is not valid');
    return door.handlers['session.open']?.(body, request);
  };
  const note = (values: number, { requestId }: RpcRequest): RpcReply | undefined => {
    standIn.asked.push(values);
    standIn.requestIds.push(requestId);
    return standIn.firstAnswers.shift() as RpcReply | undefined;
  };
  const decrypt = async (_: unknown, request: RpcRequest) => note(1, request) ?? (standIn.answer as RpcReply);
  const decryptBatch = async (body: unknown, request: RpcRequest) => {
    const { items } = DecryptBatchRequest.parse(body);
    return note(items.length, request) ?? ok({ items: items.map(() => standIn.answer as RpcReply) });
  };
  const handlers = {
    ...door.handlers,
    'session.open': open,
    'secret.decrypt': decrypt,
    'secret.decrypt_batch': decryptBatch,
  };
  const server = vaultAt({ ...door, handlers }, { connection, log: silent });
  await new Promise<void>((resolve, reject) =>
    server.listen((error) => (error === undefined ? resolve() : reject(error as Error))),
  );
  return {
    vaultKey: door.vaultKey,
    forget: () => door.forget(),
    close: async () => {
      await server.close();
      await connection.close();
    },
  };
}

async function openDoor(url: string, standIn: StandIn, { user, issuer, xkey }: Identities['callout']) {
  const connection = await connectAuth({ ...user, url });
  const decide = async ({ secret }: Entrant) => {
    standIn.passwords.push(secret);
    const principal = standIn.guests.get(secret);
    if (principal === undefined) return { admitted: false, reason: 'unknown' } as const;
    return { admitted: true, principal, expiresAtMs: Date.now() + standIn.admissionMs } as const;
  };
  const callout = authCallout({ connection, issuerSeed: issuer.seed, xkeySeed: xkey.seed, decide, log: silent });
  await connection.roundTrip();
  return {
    close: async () => {
      await callout.stop();
      await connection.close();
    },
  };
}

/** What the attempt failed with; throws where it did not, or with something else. */
export async function failureOf(attempt: Promise<unknown>): Promise<KeytrailError> {
  const failure: unknown = await attempt.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (failure instanceof KeytrailError) return failure;
  throw failure;
}

/** Returns once `condition` holds; throws where it never does. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${condition.toString()}`);
    await sleep(50);
  }
}
