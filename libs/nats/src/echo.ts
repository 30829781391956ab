/**
 * The limit that benchmarks measure themselves against: a responder that does nothing but read JSON and answer JSON.
 */
import type { RpcAddress, RpcReply } from '@keytrail/contracts';
import { LIMITS, RPC_HEADERS, rpcSubject, rpcSubscription } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { headers } from '@nats-io/transport-node';
import type { BusConnection } from './connect.js';
import { replyOf } from './reply.js';
import type { RpcCall, RpcClient, RpcSender } from './rpc-client.js';
import { rpcExchange } from './rpc-exchange.js';

/**
 * Answers every request to `service` with what `reply` returns; request and answer are decoded and encoded as real
 * ones.
 */
export function serveEcho(connection: BusConnection, service: string, reply: () => unknown): void {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  connection.nc.subscribe(rpcSubscription(service), {
    queue: service,
    callback: (error, message) => {
      if (error) throw error;
      JSON.parse(decoder.decode(message.data));
      message.respond(encoder.encode(JSON.stringify(reply())));
    },
  });
}

/**
 * Asks as a client with a session does, with the same headers in the same sizes, and neither signs nor opens anything.
 */
export function echoClient(connection: BusConnection, sender: RpcSender): Pick<RpcClient, 'request'> {
  const exchange = rpcExchange(connection, sender);
  const encoder = new TextEncoder();
  const [session, mac] = [uuidv7(), 'M'.repeat(43)];
  let counter = 0;
  return {
    request: <T>(call: RpcCall) => {
      const deadlineMs = Date.now() + LIMITS.deadlineDefaultMs;
      const said = { session, counter: String(++counter), mac, deadline: String(deadlineMs) };
      const all = headers();
      for (const [name, text] of Object.entries(said)) all.set(RPC_HEADERS[name as keyof typeof said], text);
      return exchange({
        subject: rpcSubject({ ...sender, ...call } as unknown as RpcAddress),
        deadlineMs,
        write: () => ({ payload: encoder.encode(JSON.stringify(call.body)), headers: all }),
        take: ({ data }) => replyOf(data),
      }) as Promise<RpcReply<T>>;
    },
  };
}
