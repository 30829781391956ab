/**
 * The limit that benchmarks measure themselves against: the NATS library's own request and answer, with the headers and
 * the sizes of real ones, and nothing in between but JSON. What we write better ourselves must not move it.
 */
import type { RpcAddress, RpcReply } from '@keytrail/contracts';
import { LIMITS, RPC_HEADERS, rpcSubject, rpcSubscription } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { BusConnection } from './connect.js';
import type { RpcCall, RpcClient, RpcSender } from './rpc-client.js';

/** What sealing adds to a reply: nonce and tag. JSON may be followed by blanks. */
const SEAL = ' '.repeat(28);

/**
 * Answers every request to `service` with what `reply` returns; request and answer are decoded and encoded as real
 * ones.
 */
export function serveEcho(connection: BusConnection, service: string, reply: () => unknown): void {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  const session = uuidv7();
  connection.nc.subscribe(rpcSubscription(service), {
    queue: service,
    callback: (error, message) => {
      if (error) throw error;
      JSON.parse(decoder.decode(message.data));
      message.respond(encoder.encode(JSON.stringify(reply()) + SEAL), { headers: headersOf({ session }) });
    },
  });
}

/**
 * Asks as a client with a session does, with the same headers in the same sizes, and neither signs nor opens anything.
 */
export function echoClient({ nc }: BusConnection, sender: RpcSender): Pick<RpcClient, 'request'> {
  const [decoder, encoder] = [new TextDecoder(), new TextEncoder()];
  const [session, mac] = [uuidv7(), 'M'.repeat(43)];
  let counter = 0;
  return {
    request: async <T>(call: RpcCall) => {
      const deadline = String(Date.now() + LIMITS.deadlineDefaultMs);
      const answer = await nc.request(
        rpcSubject({ ...sender, ...call } as unknown as RpcAddress),
        encoder.encode(JSON.stringify(call.body)),
        {
          headers: headersOf({ session, counter: String(++counter), mac, deadline }),
          timeout: LIMITS.deadlineDefaultMs,
        },
      );
      if (!answer.headers?.has(RPC_HEADERS.session)) throw new Error('this is not the answer of an echo');
      return JSON.parse(decoder.decode(answer.data)) as RpcReply<T>;
    },
  };
}

function headersOf(said: Partial<Record<keyof typeof RPC_HEADERS, string>>): MsgHdrs {
  const all = headers();
  for (const [name, text] of Object.entries(said)) all.set(RPC_HEADERS[name as keyof typeof RPC_HEADERS], text);
  return all;
}
