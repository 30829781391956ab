/** The demo's second process, seen from the first. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { System } from '../system.js';
import type { ReaderAnswer, ReaderRequest } from './reader.js';

export interface Reader {
  /** Obtains every value so many times and holds it against its SHA-256. */
  read(request: Omit<Extract<ReaderRequest, { do: 'read' }>, 'do'>): Promise<Extract<ReaderAnswer, { did: 'read' }>>;
  /** The code with which an attempt is refused; null where it is not. */
  refusalOf(reference: string): Promise<string | null>;
  stop(): Promise<void>;
}

/** Starts the process as whoever has the token in `tokenFile`. */
export async function startReader(
  { natsUrl, vaultKey }: Pick<System, 'natsUrl' | 'vaultKey'>,
  tokenFile: string,
): Promise<Reader> {
  const child = fork(path.join(import.meta.dirname, 'reader.js'), [natsUrl, vaultKey, tokenFile], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  const ask = async <A extends ReaderAnswer>(request: ReaderRequest): Promise<A> => {
    child.send(request);
    const [answer] = (await Promise.race([once(child, 'message'), exited])) as [A | number | null];
    if (typeof answer !== 'object' || answer === null) throw new Error(`the second process ended with ${answer}`);
    return answer;
  };
  return {
    read: (request) => ask({ do: 'read', ...request }),
    refusalOf: async (reference) => (await ask<Extract<ReaderAnswer, { did: 'try' }>>({ do: 'try', reference })).code,
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
