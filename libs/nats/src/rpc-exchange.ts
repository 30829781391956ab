/**
 * One request out, one reply back: what every request over NATS has in common, whoever asks and however it is sealed.
 */
import type { RpcReply } from '@keytrail/contracts';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { refused } from './answer.js';
import type { BusConnection } from './connect.js';
import type { RpcSender } from './rpc-client.js';
import { type NoReply, rpcInbox } from './rpc-inbox.js';

/** A message as it is sent. */
export interface Outgoing {
  readonly payload: Uint8Array;
  readonly headers: MsgHdrs;
}

export interface Exchanged {
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  /** The message, given the subject below which its reply arrives. */
  readonly write: (reply: string) => Outgoing;
  /** What a message means; null where it is not to be believed, and the right one is waited for. */
  readonly take: (message: Msg, reply: string) => RpcReply | null;
}

/** Never throws for what can happen on the way; see `RpcClient`. */
export type Exchange = (exchanged: Exchanged) => Promise<RpcReply>;

export function rpcExchange(connection: BusConnection, sender: RpcSender): Exchange {
  const inbox = rpcInbox(connection, sender);
  return async ({ subject, deadlineMs, write, take }) => {
    const timeoutMs = deadlineMs - Date.now();
    if (timeoutMs < 1)
      return refused('request.deadline_exceeded', 'the deadline had passed before the request was sent');
    if (!connection.isConnected())
      return refused('service.unavailable', 'there is no connection to the bus; try again');
    const send = (reply: string): void => {
      const { payload, headers } = write(reply);
      connection.nc.publish(subject, payload, { headers, reply });
    };
    const reply = await inbox.ask({ to: subject, timeoutMs, send, take });
    return typeof reply === 'string' ? refusalOf(reply, connection) : reply;
  };
}

function refusalOf(why: NoReply, connection: BusConnection): RpcReply<never> {
  if (why === 'forbidden') return refused('access.denied', 'this identity may not send such a request');
  if (why === 'late' && connection.isConnected())
    return refused('request.deadline_exceeded', 'no answer came before the deadline; whether it was done is unknown');
  return refused('service.unavailable', 'the service cannot be reached at the moment; try again');
}
