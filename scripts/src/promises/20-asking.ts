/** The roads by which somebody asks: in a session of their own, by way of the gateway over NATS, and over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { VaultKey } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, type Identity, nkeyCredential, type RpcCall, rpcClient } from '@keytrail/nats';
import type { Requester } from '../requester.js';
import type { System } from '../system.js';
import { type Cell, outcomeOf, type AskedCell } from './20-least-privilege.judge.js';
import { type Circumstances, type Question, serviceOf } from './20-questions.js';

/** The code that is answered; `ok` where it is no refusal. */
export type Ask = (question: Question, of: Circumstances) => Promise<string>;

const ATTEMPTS = 10;
const BACK_OFF_MS = 300;
const DEADLINE_MS = 8_000;

/** In the requester's own name, unless `more` says otherwise. */
export const overNats =
  ({ rpc }: Requester, more: Partial<RpcCall> = {}): Ask =>
  async (question, of) => {
    const [aggregate = '', verb = ''] = question.permission.split('.');
    const reply = await rpc.request({
      service: serviceOf(question),
      workspace: of.workspace,
      aggregate,
      verb,
      body: question.body(of),
      deadlineMs: Date.now() + DEADLINE_MS,
      ...more,
    });
    return reply.ok ? 'ok' : reply.error.code;
  };

/** Of what the gateway's API has to do with another service. */
export const overHttp =
  ({ gatewayUrl }: Pick<System, 'gatewayUrl'>, token: string): Ask =>
  async ({ http, permission }, of) => {
    if (http === undefined) throw new Error(`${permission} is not asked over HTTP`);
    const { method, path, body } = http(of);
    const response = await fetch(`${gatewayUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return response.ok ? 'ok' : String((JSON.parse(text) as { readonly code?: unknown }).code);
  };

/** One of Keytrail's own processes, with its key; whatever it may ask or not. */
export async function processRequester(
  { natsUrl: url, vaultKey }: Pick<System, 'natsUrl' | 'vaultKey'>,
  { principal, seed, name }: Identity,
): Promise<Requester> {
  const conn = mintConn();
  const connection = await connectRpc({ url, principal, conn, seed, name });
  const identity = { vaultKey: vaultKey as VaultKey, credential: nkeyCredential(seed) };
  return { rpc: rpcClient(connection, { principal, conn }, identity), close: () => connection.close() };
}

/** Asks until the answer says something about who may, but not for ever. */
export async function askPatiently<C extends Cell>(cell: C, ask: () => Promise<string>): Promise<AskedCell & C> {
  for (let attempt = 1; ; attempt++) {
    const said = await ask();
    if (attempt === ATTEMPTS || outcomeOf({ ...cell, said }) !== 'undecided') return { ...cell, said };
    await sleep(attempt * BACK_OFF_MS);
  }
}
