/** Whoever listens to everything on the bus, requests and events, and forgets nothing. */
import type { RawMessage } from '@keytrail/nats/drill';
import type { System } from '../system.js';
import { enter } from './presence.js';

/** What has been heard. */
export interface Recording {
  readonly messages: number;
  readonly bytes: Buffer;
}

export interface BusRecorder {
  /** Says something among the requests, for all that listen. */
  say(subject: string, body: Uint8Array): void;
  /** Hears what is on its way, and nothing any more. */
  stop(): Promise<Recording>;
}

/** The system must have been started with intruders. */
export async function recordBus(system: System): Promise<BusRecorder> {
  const { rpc, events } = system.intruders();
  const chunks: Buffer[] = [];
  let messages = 0;
  const hear = ({ subject, reply, headers, body }: RawMessage): void => {
    messages++;
    chunks.push(Buffer.from([subject, reply, JSON.stringify(headers), ''].join('\n')), Buffer.from(body));
  };
  const ears = await Promise.all([rpc, events].map(({ seed }) => enter(system, { seed })));
  for (const ear of ears)
    if (!(await ear.listen('>', hear))) throw new Error('an intruder is not allowed to hear everything');
  return {
    say: (subject, body) => ears[0]?.send({ subject, body }),
    stop: async () => {
      for (const ear of ears) {
        await ear.flush();
        await ear.close();
      }
      return { messages, bytes: Buffer.concat(chunks) };
    },
  };
}
