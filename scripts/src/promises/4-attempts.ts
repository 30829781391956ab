/** Makes attempts, and writes down what was asked for and what was told. */
import type { Receipt, RpcReply } from '@keytrail/contracts';
import type { RpcCall } from '@keytrail/nats';
import type { Requester } from '../requester.js';
import type { Attempt, Told } from './4-denials.judge.js';
import type { Plan } from './4-model.js';
import { PATIENCE_MS, saidInClear } from './session-by-hand.js';
import type { Present } from './presence.js';

/** Codes after which nobody knows whether anything was decided. */
const UNKNOWN = /^(request\.deadline_exceeded|(service|journal)\.unavailable)$/;

export interface How {
  readonly requestId: string;
  /** An earlier request of the same caller. */
  readonly repeatOf?: string;
  readonly waitMs: number;
  /** By the gateway: on whose behalf, and by which token. */
  readonly byGateway?: Pick<RpcCall, 'onBehalfOf' | 'edge'>;
}

/** In the name of `principal`: on a connection of its own, or the gateway's on its behalf. */
export async function attempt(
  { rpc }: Requester,
  principal: string,
  { plan, requestId, repeatOf, waitMs, byGateway }: How & { readonly plan: Plan },
): Promise<Attempt> {
  const call: RpcCall = {
    ...addressOf(plan),
    body: { ...plan.body, ...(repeatOf !== undefined && { repeatOf }) },
    requestId,
    deadlineMs: Date.now() + waitMs,
    ...byGateway,
  };
  const told = toldOf(await rpc.request(call));
  const of = { requestId, principal, repeatOf: repeatOf ?? null, byGateway: byGateway !== undefined };
  return { ...attemptOf(plan, of), told };
}

/** What was told, and how it looked: the bytes that came, as far as they are not of this request alone. */
export async function attemptByHand(
  { attacker, session, principal }: Present,
  plan: Plan,
  requestId: string,
): Promise<{ readonly attempt: Attempt; readonly seen: string }> {
  const { permission: asked, workspace, body } = plan;
  const signed = session.sign({ operation: asked, workspace, body, headers: { requestId } });
  const echo = await attacker.ask(signed.message, PATIENCE_MS);
  const reply = session.open(echo, signed);
  const look = typeof echo === 'string' ? echo : [Object.keys(echo.headers).toSorted(), echo.body.length];
  const inClear = (): Told =>
    echo === 'silence' ? { outcome: 'unanswered' } : { outcome: 'denied', code: saidInClear(echo) };
  const told = reply === null ? inClear() : toldOf(reply);
  return {
    attempt: { ...attemptOf(plan, { requestId, principal, repeatOf: null, byGateway: false }), told },
    seen: JSON.stringify([reply, look]),
  };
}

function addressOf({ permission, workspace }: Plan) {
  const [aggregate = '', verb = ''] = permission.split('.');
  return { service: 'vault', workspace, aggregate, verb };
}

const attemptOf = (
  { permission, subject, due }: Plan,
  of: Pick<Attempt, 'requestId' | 'principal' | 'repeatOf' | 'byGateway'>,
): Omit<Attempt, 'told'> => ({ ...of, permission, subject, due });

function toldOf(reply: RpcReply): Told {
  if (reply.ok) {
    const { receipt } = reply.value as { readonly receipt?: Receipt };
    return { outcome: 'released', eventId: receipt?.eventId ?? 'none' };
  }
  const { code } = reply.error;
  if (code === 'service.overloaded') return { outcome: 'overloaded' };
  if (code === 'request.malformed') return { outcome: 'malformed' };
  return UNKNOWN.test(code) ? { outcome: 'unanswered' } : { outcome: 'denied', code };
}
