/**
 * The limit that benchmarks measure themselves against: a responder that does nothing but read JSON and answer JSON.
 */
import { rpcSubscription } from '@keytrail/contracts';
import type { BusConnection } from './connect.js';

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
