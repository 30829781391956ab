/**
 * A whole Keytrail on throw-away data: an administrator over HTTP, callers over NATS, and all that HTTP has answered.
 */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, KeytrailError, type ConnectOptions, type Decrypted, type KeytrailClient } from '@keytrail/client';
import type { AuditEntry, RpcReply } from '@keytrail/contracts';
import type { RpcCall } from '@keytrail/nats';
import {
  connectAs,
  requesterOf,
  serviceNames,
  startSystem,
  type CallerName,
  type ProcessName,
  type System,
} from '@keytrail/scripts/system';
import { temporaryFolder } from '@keytrail/testing';

/**
 * A request over HTTP. Text and bytes go as they are, anything else as JSON; headers replace those of the
 * administrator.
 */
export interface Sent {
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly json: Record<string, unknown>;
}

export interface Stage {
  readonly system: System;
  /** What the supervisor has told so far, a line each. */
  readonly notices: readonly string[];
  /** Every HTTP answer so far as it came: status line, headers, body. */
  readonly answers: readonly Buffer[];
  /** `path` begins below `/api/v1` and is sent as it is written. Rejects where there is no answer. */
  ask(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** A client of its own in a caller's name. */
  caller(name: CallerName): Promise<KeytrailClient>;
  /** A client with a credential of its own. */
  client(options: Pick<ConnectOptions, 'credential' | 'patienceMs'>): Promise<KeytrailClient>;
  /** Asks the vault to decrypt whatever `body` is, in a caller's name and past the client's own checks. */
  request(name: CallerName, body: unknown, call?: Partial<RpcCall>): Promise<RpcReply>;
  /** The audit's entries, newest first, page by page; `query` without `limit` and `cursor`. */
  entries(query?: string): Promise<readonly AuditEntry[]>;
  /** All entries, newest first, once the request's own are among them, and with them all that came before. */
  entriesThrough(requestId: string): Promise<readonly AuditEntry[]>;
}

export interface StageOptions extends Pick<
  Parameters<typeof startSystem>[0],
  'issuersFile' | 'otlpUrl' | 'postgresSettings' | 'roads'
> {
  /**
   * Called with the state folder before the system starts on it; what it returns is called once the system has stopped.
   */
  readonly prepare?: (dir: string) => Promise<() => Promise<void>>;
}

/** What it takes to ask a system, whichever process supervises it. */
export type Address = Pick<System, 'gatewayUrl' | 'natsUrl' | 'vaultKey' | 'adminToken' | 'callers'>;

export const processNames: readonly Exclude<ProcessName, 'supervisor'>[] = [...serviceNames, 'nats', 'postgres'];

const DEADLINE_MS = 60_000;
const POLL_MS = 50;
const LOG_LINES = 25;
const SHOWN_CHARACTERS = 2_000;

/** One stage a file: Jest loads this module anew for each. */
let opening: Promise<Stage> | null = null;
const closings: (() => Promise<void>)[] = [];

/** Starts a system in a temporary folder. */
export function openStage(options: StageOptions = {}): Promise<Stage> {
  opening = open(options);
  return opening;
}

/**
 * Leaves no process and no file behind, also of a start that failed or outlasted the patience of the hook that waited.
 */
export async function closeStage(): Promise<void> {
  const stage = await opening?.catch(() => null);
  if (stage && 'keytrailFailed' in globalThis) process.stderr.write(endsOfLogs(stage.system.logs));
  const failures: unknown[] = [];
  for (const close of closings.splice(0).toReversed()) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'the stage could not be cleared');
}

/** What each process logged last, for whoever reads why a test failed. */
function endsOfLogs(folder: string): string {
  const ends = fs.readdirSync(folder).map((name) => {
    const lines = fs.readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
    return [`--- ${name} ends with`, ...lines, ''].join('\n');
  });
  return ends.join('\n');
}

async function open({ prepare, ...options }: StageOptions): Promise<Stage> {
  const folder = await temporaryFolder();
  closings.push(() => folder.remove());
  const notices: string[] = [];
  const dir = path.join(folder.path, 'keytrail');
  if (prepare) closings.push(await prepare(dir));
  const system = await startSystem({ dir, onNotice: (line) => notices.push(line), ...options });
  closings.push(() => system.stop());
  const answers: Buffer[] = [];
  const visitors = visitorsOf(system, answers);
  const entries = (query = '') => entriesOf(visitors.ask, query);
  return {
    ...visitors,
    system,
    notices,
    answers,
    entries,
    entriesThrough: async (requestId) => {
      await until(
        () => entries(`requestId=${requestId}`),
        ({ length }) => length > 0,
      );
      return entries();
    },
    request: (name, body, call) => requestRaw(system, name, { ...call, body }),
  };
}

/** An administrator and callers of a system; every answer over HTTP is added to `answers`. */
export function visitorsOf(address: Address, answers: Buffer[] = []): Pick<Stage, 'ask' | 'caller' | 'client'> {
  const { natsUrl: url, vaultKey } = address;
  const toBeClosed = async (connecting: Promise<KeytrailClient>): Promise<KeytrailClient> => {
    const client = await connecting;
    closings.push(() => client.close());
    return client;
  };
  return {
    ask: asking(address, answers),
    caller: (name) => toBeClosed(connectAs(address, name)),
    client: (options) => toBeClosed(connect({ url, vaultKey, ...options }, {})),
  };
}

/**
 * Asks until the answer is the wanted one. Throws with the last answer when it never is; what `ask` throws comes
 * through.
 */
export async function until<T>(ask: () => T | Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > giveUpAt)
      throw new Error(`still not so after ${DEADLINE_MS} ms: ${JSON.stringify(answer).slice(0, SHOWN_CHARACTERS)}`);
    await sleep(POLL_MS);
  }
}

/**
 * How an attempt was refused: all that a caller can tell one refusal from another by. Null where it was not refused.
 */
export async function refusalOf(
  attempt: Promise<Decrypted>,
): Promise<Pick<KeytrailError, 'code' | 'message' | 'retryable'> | null> {
  try {
    (await attempt).destroy();
    return null;
  } catch (error) {
    if (!(error instanceof KeytrailError)) throw error;
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
}

async function requestRaw(
  address: Address,
  name: CallerName,
  { body, ...call }: { readonly body: unknown } & Partial<RpcCall>,
): Promise<RpcReply> {
  const requester = await requesterOf(address, name);
  try {
    const decrypt = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'decrypt', body };
    return await requester.rpc.request({ ...decrypt, ...call });
  } finally {
    await requester.close();
  }
}

/** Sends what the server must refuse, too, so it uses no client that knows better. */
function asking({ gatewayUrl, adminToken }: Address, answers: Buffer[]): Stage['ask'] {
  return async (method, below, { body, headers } = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const request = http.request(gatewayUrl, {
      method,
      path: `/api/v1${below}`,
      headers: { authorization: `Bearer ${adminToken}`, ...json, ...headers },
    });
    request.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : body && JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const { statusCode: status = 0, statusMessage = '', rawHeaders } = response;
    const content = await buffer(response);
    answers.push(Buffer.concat([Buffer.from([status, statusMessage, ...rawHeaders, ''].join('\n')), content]));
    const said: unknown = content.length === 0 ? {} : JSON.parse(content.toString());
    return { status, headers: response.headers, json: said as Answer['json'] };
  };
}

async function entriesOf(ask: Stage['ask'], query: string): Promise<readonly AuditEntry[]> {
  const items: AuditEntry[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { status, json } = await ask('GET', `/audit/events?limit=1000${query && `&${query}`}${from}`);
    if (status !== 200) throw new Error(`the audit answered ${status}: ${JSON.stringify(json)}`);
    const page = json as unknown as { readonly items: readonly AuditEntry[]; readonly nextCursor: string | null };
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}
