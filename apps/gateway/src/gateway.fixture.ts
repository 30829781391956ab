/**
 * The gateway over real HTTP and a real nats-server; stand-ins behind it speak the RPC protocol and note what arrives.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import {
  AuthenticateRequest,
  AuthenticatedCaller,
  Credential,
  Principal,
  SERVICES,
  type Code,
  type RpcReply,
} from '@keytrail/contracts';
import { mintApiToken, mintConn, mintPrincipal } from '@keytrail/crypto';
import {
  connectRpc,
  refused,
  systemIdentities,
  RpcServer,
  serverConfiguration,
  type BusConnection,
  type Identity,
  type RpcRequest,
  type RpcServerOptions,
} from '@keytrail/nats';
import { drillDoor, type DrillDoor } from '@keytrail/nats/drill';
import { createLog } from '@keytrail/service';
import { startNats, temporaryFolder, type NatsServer } from '@keytrail/testing';
import { expect } from '@jest/globals';
import { ANSWERS, permitting, type Operation, type Reply } from './answers.fixture.js';
import type { Environment } from './environment.js';
import { startGateway, type Gateway } from './gateway.js';
import { REFERENCE } from './story.js';

/** Who is known to the vault's stand-in, and by which token. */
function known(caller: object): { readonly token: string; readonly caller: AuthenticatedCaller } {
  const { token, tokenId } = mintApiToken();
  const facts = { principal: mintPrincipal(), kind: 'user', displayName: 'Somebody', tokenId, ...caller };
  return { token, caller: AuthenticatedCaller.parse(facts) };
}

export const admin = known({ roles: [{ role: 'internal_admin', workspace: '_system' }] });
export const analyst = known({ roles: [{ role: 'security_analyst', workspace: 'acme' }] });
export const narrow = known({ ...admin.caller, scopes: ['secret.get', 'event.*'] });
export const nobody = known({ roles: [] });
/** A JWT in its form; only the stand-in takes it for one. */
export const foreign = {
  ...known({ roles: analyst.caller.roles, tokenId: undefined }),
  token: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbmFseXN0In0.c2lnbmF0dXJl',
};
const KNOWN = [admin, analyst, narrow, nobody, foreign];

export const { token } = admin;
/** Stands in every value, and wherever a value could be misplaced; must come out nowhere. */
export const canary = 'sk-canary-0123456789';
export const reference = REFERENCE;

export const secret = (value: object = { text: canary }): object => ({ reference, value });

export interface Sent {
  readonly body?: string | Buffer | object;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Empty where the answer is not JSON. */
  readonly json: Record<string, unknown>;
}

/** What a stand-in was asked. */
export interface Arrived {
  readonly body: unknown;
  readonly request: RpcRequest;
}

/**
 * Everything a test needs. `arrived` is what a stand-in was asked last, but for whether it may be asked; `answers` and
 * `decide` may be replaced while a test runs.
 */
export interface Stage {
  readonly gateway: Gateway;
  readonly nats: NatsServer;
  /** The gateway's own. */
  readonly principal: string;
  readonly door: DrillDoor;
  readonly logged: readonly string[];
  answers: Record<Operation, Reply>;
  /** What the vault says of whether another service may be asked. */
  decide: Reply;
  /** What the vault was asked so. */
  readonly decisions: Arrived[];
  /** The requests by which the gateway has asked who somebody is. */
  readonly authentications: RpcRequest[];
  arrived: Arrived | null;
  ask(method: string, path: string, sent?: Sent): Promise<Answer>;
  startAnother(more?: Partial<Environment>): Promise<Gateway>;
  close(): Promise<void>;
}

export async function startStage(more: Partial<Environment> = {}): Promise<Stage> {
  const folder = await temporaryFolder();
  const identities = systemIdentities();
  const nats = await startNats({
    dir: folder.path,
    configuration: ({ port, storeDir }) => serverConfiguration({ port, storeDir, serverName: 'test', identities }),
  });
  const gatewayPrincipal = Principal.parse(identities.gateway.rpc.principal);
  const door = drillDoor(() => ({ roles: [{ role: 'gateway', workspace: '_system' }] }));
  const logged: string[] = [];
  const log = createLog('gateway', { write: (line) => void logged.push(line) });
  const environment: Environment = {
    KEYTRAIL_NATS_URL: nats.url,
    KEYTRAIL_NATS_RPC_SEED_FILE: identities.gateway.rpc.seed,
    KEYTRAIL_PRINCIPAL: gatewayPrincipal,
    KEYTRAIL_VAULT_KEY: door.vaultKey,
    KEYTRAIL_HOST: '127.0.0.1',
    KEYTRAIL_HTTP_PORT: 0,
    KEYTRAIL_TRUSTED_PROXIES: [],
    ...more,
  };
  const gateway = await startGateway(environment, log);
  const connections: BusConnection[] = [];
  const stage: Stage = {
    gateway,
    nats,
    principal: gatewayPrincipal,
    door,
    logged,
    answers: { ...ANSWERS },
    decide: permitting,
    decisions: [],
    authentications: [],
    arrived: null,
    ask: asking(gateway.url),
    startAnother: (other) => startGateway({ ...environment, ...other }, log),
    close: async () => {
      await gateway.close();
      await Promise.all(connections.map((connection) => connection.close()));
      await nats.stop();
      await folder.remove();
    },
  };
  for (const service of SERVICES) connections.push(await standIn(stage, service, identities[service].rpc));
  return stage;
}

/** Answers every operation in the name of a service. */
async function standIn(stage: Stage, service: string, { principal, seed }: Identity): Promise<BusConnection> {
  const connection = await connectRpc({ url: stage.nats.url, seed, principal, conn: mintConn(), name: service });
  const { door } = stage;
  const server = new RpcServer({
    service,
    connection,
    log: createLog(service),
    sessions: door.sessionsOf(service),
    withoutSession: door.withoutSession,
    ...(service === 'vault' && { authorize: byTheGateway }),
  });
  for (const [operation, handler] of Object.entries(door.handlers)) server.addHandler(operation, handler);
  server.addHandler('session.authenticate', async (body: unknown, request: RpcRequest) => {
    stage.authentications.push(request);
    return authenticated(door, body, request);
  });
  server.addHandler('access.decide', async (body: unknown, request: RpcRequest) => {
    stage.decisions.push({ body, request });
    return stage.decide(body);
  });
  for (const operation of Object.keys(ANSWERS) as Operation[]) {
    server.addHandler(operation, async (body: unknown, request: RpcRequest) => {
      stage.arrived = { body, request };
      return stage.answers[operation](body);
    });
  }
  await promisify((done: (error?: unknown) => void) => server.listen(done))();
  return connection;
}

/** As the other services, and besides who somebody is. */
const byTheGateway: RpcServerOptions['authorize'] = async ({ address, via }) =>
  via !== undefined || address.aggregate === 'session' ? null : refused('access.denied', 'only for somebody else');

/** The caller whose credential it is, as the vault would say it. */
function authenticated(door: DrillDoor, body: unknown, { address }: RpcRequest): RpcReply {
  const { credential } = AuthenticateRequest.parse(body);
  using plaintext = door.open(credential, 'credential', [address.principal]);
  const shown = Credential.parse(JSON.parse(plaintext.bytes.toString()));
  const found = KNOWN.find(({ token: mine }) => 'token' in shown && shown.token === mine);
  return { ok: true, value: found?.caller ?? null };
}

/** Sends the token, unless another authorization is given, and the path as it is written. */
export function asking(url: string): Stage['ask'] {
  return async (method, path, { body, headers } = {}) => {
    const content = body === undefined ? null : bytesOf(body);
    // Node announces no length of a body that a DELETE should not have.
    const about = content && { 'content-type': 'application/json', 'content-length': String(content.length) };
    const request = http.request(url, {
      method,
      path,
      headers: { authorization: `Bearer ${token}`, ...about, ...headers },
    });
    request.end(content);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const answer = await text(response);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: answer,
      json: isJson(response) ? (JSON.parse(answer) as Answer['json']) : {},
    };
  };
}

function bytesOf(body: string | Buffer | object): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

const isJson = ({ headers }: http.IncomingMessage): boolean => /[/+]json\b/.test(headers['content-type'] ?? '');

export function expectProblem(answer: Answer, status: number, code: Code): void {
  expect(answer.json).toMatchObject({ status, code, type: `urn:keytrail:problem:${code}` });
  expect(answer.json['requestId']).toBe(answer.headers['x-request-id']);
  expect(answer.json['detail']).toMatch(/^.{10,}$/);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  expect(answer.text).not.toContain(canary);
}
