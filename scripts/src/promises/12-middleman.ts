/** A nats-server between a client and the real one, whose owner reads, changes and answers whatever goes through. */
import { startNats } from '@keytrail/testing';
import { type Attacker, knock, type RawMessage } from '@keytrail/nats/drill';
import { PATIENCE_MS } from './session-by-hand.js';

/** What the middleman does; what is not done to a message, it hands on. */
export interface Meddling {
  /** Sent to the real server in place of a request. */
  readonly request?: (message: RawMessage) => RawMessage;
  /** What the client hears, in order, once the real answer is there. */
  readonly reply?: (genuine: RawMessage, request: RawMessage) => readonly RawMessage[];
}

export interface Middleman {
  /** Where clients find it. */
  readonly url: string;
  /** From now on. */
  meddle(meddling: Meddling): void;
  stop(): Promise<void>;
}

/** `intruder` may do everything on the real server. */
export async function startMiddleman(dir: string, intruder: Attacker): Promise<Middleman> {
  const server = await startNats({ dir, configuration: ({ port }) => JSON.stringify({ listen: `127.0.0.1:${port}` }) });
  const here = await knock({ url: server.url });
  if (here === null) throw new Error('the middleman is not let in by its own server');
  let meddling: Meddling = {};
  const carry = async (message: RawMessage): Promise<void> => {
    const { request = (same: RawMessage) => same, reply = (genuine: RawMessage) => [genuine] } = meddling;
    const genuine = await intruder.ask(request(message), PATIENCE_MS);
    if (typeof genuine === 'string') return;
    for (const answer of reply(genuine, message)) here.send({ ...answer, subject: message.reply, reply: '' });
  };
  await here.listen('rpc.>', (message) => void carry(message));
  return {
    url: server.url,
    meddle: (next) => {
      meddling = next;
    },
    stop: async () => {
      await here.close();
      await server.stop();
    },
  };
}
