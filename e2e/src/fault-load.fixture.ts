/** Callers and a platform team at work while something breaks, and all that they were told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KeytrailError, type KeytrailClient } from '@keytrail/client';
import { until, type Stage } from './stage.fixture.js';

/** Who asks. */
type Visitors = Pick<Stage, 'ask' | 'caller'>;

/** How one request ended. `code` is `ok`, a code of ours, or `no answer` where the gateway could not be reached. */
export interface Told {
  readonly kind: 'decrypt' | 'change';
  /** Which of those at work had asked. */
  readonly by: string;
  readonly code: string;
  readonly durationMs: number;
}

/** A version of which the platform team was told that it is stored. */
export interface Stored {
  readonly reference: string;
  readonly version: number;
}

export interface Load {
  /** The secrets in use. */
  readonly references: readonly string[];
  /** Every request that has ended, in the order in which they did. */
  readonly told: readonly Told[];
  /** Event ids, each of a value that a caller has obtained. */
  readonly receipts: readonly string[];
  readonly stored: readonly Stored[];
  /** Returns once everybody at work has obtained or stored what they asked for from now on. */
  untilServed(): Promise<void>;
  /** Returns once everybody at work has been refused what they asked for from now on. */
  untilRefused(): Promise<void>;
  /** Returns once nothing is under way any more. Throws what a request has met that no caller should. */
  stop(): Promise<void>;
}

const READERS = 4;
const PAUSE_MS = 10;

const readerOf = (nth: number): string => `reader ${nth}`;
const writerOf = (reference: string): string => `writer of ${reference}`;

/** One writer each, so that a writer knows which version it stores. */
const references = ['tenant.acme.openai.prod', 'tenant.acme.stripe.prod'];

const everybody = [...Array.from({ length: READERS }, (_, nth) => readerOf(nth)), ...references.map(writerOf)];

/** Begins to decrypt over NATS and to store versions over HTTP; the caller must `stop` it. */
export async function startLoad(visitors: Visitors): Promise<Load> {
  const [told, receipts, stored]: [Told[], string[], Stored[]] = [[], [], []];
  const stopping = new AbortController();
  const { signal } = stopping;
  await visitors.ask('POST', '/workspaces', { body: { slug: 'acme' } });
  for (const reference of references) {
    await visitors.ask('POST', '/secrets', { body: { reference, value: { text: 'version-1' } } });
  }
  const timed = async (who: Pick<Told, 'kind' | 'by'>, request: () => Promise<string>): Promise<string> => {
    const startedMs = performance.now();
    const code = await request();
    told.push({ ...who, code, durationMs: performance.now() - startedMs });
    return code;
  };
  const read = async (client: KeytrailClient, nth: number): Promise<void> => {
    const who = { kind: 'decrypt', by: readerOf(nth) } as const;
    for (let turn = nth; !signal.aborted; turn++, await sleep(PAUSE_MS)) {
      await timed(who, () => obtain(client, references[turn % references.length] ?? '', receipts));
    }
  };
  const write = async (reference: string): Promise<void> => {
    const who = { kind: 'change', by: writerOf(reference) } as const;
    for (let version = 2; !signal.aborted; await sleep(PAUSE_MS)) {
      const answer = await timed(who, () => storeVersion(visitors, { reference, version }));
      if (answer === 'ok') stored.push({ reference, version: version++ });
    }
  };
  const clients = await Promise.all(Array.from({ length: READERS }, () => visitors.caller('billing')));
  const work = Promise.all([...clients.map(read), ...references.map(write)]);
  // Awaited in `stop`; till then a failure must not end the run.
  work.catch(() => {});
  const untilTold = async (isWanted: (code: string) => boolean): Promise<void> => {
    const from = told.length;
    const count = (who: string) => told.slice(from).filter(({ by, code }) => by === who && isWanted(code)).length;
    // What each of them is told first may have been asked before.
    await until(() => everybody.every((who) => count(who) >= 2), Boolean);
  };
  return {
    references,
    told,
    receipts,
    stored,
    untilServed: () => untilTold((code) => code === 'ok'),
    untilRefused: () => untilTold((code) => code !== 'ok'),
    stop: async () => {
      stopping.abort();
      await work;
    },
  };
}

async function obtain(client: KeytrailClient, reference: string, receipts: string[]): Promise<string> {
  try {
    using value = await client.decrypt(reference);
    receipts.push(value.receipt.eventId);
    return 'ok';
  } catch (error) {
    if (error instanceof KeytrailError) return error.code;
    throw error;
  }
}

/** Always under the same id: stored once, however often it is asked for. */
async function storeVersion({ ask }: Visitors, { reference, version }: Stored): Promise<string> {
  const commandId = `${reference.replaceAll('.', '-')}-${version}`;
  const sent = { body: { value: { text: commandId } }, headers: { 'idempotency-key': commandId } };
  const answer = await ask('POST', `/secrets/${reference}/versions`, sent).catch(() => null);
  if (answer === null) return 'no answer';
  if (answer.status !== 201) return String(answer.json['code']);
  if (answer.json['currentVersion'] !== version) throw new Error(`stored ${JSON.stringify(answer.json)}`);
  return 'ok';
}
