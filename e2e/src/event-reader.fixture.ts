/** A program of the SOC's own, which reads events off the bus with the token of an analyst. */
import fs from 'node:fs';
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import { knock, type Echo } from '@keytrail/nats/drill';
import type { Caller, System } from '@keytrail/scripts/system';

/** An event as it was read, and where it stands in the stream. */
export interface ReadEvent {
  readonly id: string;
  readonly ordinal: number;
}

export interface EventReader {
  /** The next of the vault's events, acknowledged. Throws where none comes in time. */
  next(): Promise<ReadEvent>;
  /** What comes of a message that is sent to `subject`. */
  send(subject: string): Promise<Echo>;
  /** Whether it may listen to `subject`. */
  mayHear(subject: string): Promise<boolean>;
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;
const PULL_ONE = JSON.stringify({ batch: 1, expires: (PATIENCE_MS / 2) * 1_000_000 });

/** Null where the caller is not let in to read. */
export async function eventReader({ natsUrl: url }: System, caller: Caller): Promise<EventReader | null> {
  const conn = mintConn();
  const pass = connectSecretOf(fs.readFileSync(caller.tokenFile, 'utf8')) ?? '';
  const connection = await knock({ url, user: `events:${conn}`, pass });
  if (connection === null) return null;
  let asked = 0;
  const send = (subject: string, body = ''): Promise<Echo> => {
    const message = { subject, reply: `_INBOX.${conn}.${++asked}`, headers: {}, body: Buffer.from(body) };
    return connection.ask(message, PATIENCE_MS);
  };
  return {
    next: async () => {
      const pulled = await send(`$JS.EVENTS.API.CONSUMER.MSG.NEXT.VAULT.events-${caller.principal}`, PULL_ONE);
      if (typeof pulled === 'string') throw new Error(`no event came: ${pulled}`);
      // That the pull has come to its end is said by headers alone.
      if (pulled.body.length === 0) throw new Error('no event came in time');
      await send(pulled.reply, '+ACK');
      const { id } = JSON.parse(Buffer.from(pulled.body).toString()) as { readonly id: string };
      return { id, ordinal: Number(pulled.headers['kt-ordinal']) };
    },
    send,
    mayHear: (subject) => connection.listen(subject, () => {}),
    close: () => connection.close(),
  };
}
