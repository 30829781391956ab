/** People at work: some store values over HTTP, some obtain them over NATS, and each writes down what it was told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KeytrailError, type KeytrailClient } from '@keytrail/client';
import type { Receipt, SecretDescription } from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import { canarySecret } from '@keytrail/testing';
import { gatewayApi, type GatewayApi, GatewayRefused } from '../gateway-api.js';
import { connectAs } from '../local-callers.js';
import type { System } from '../system.js';
import { inLanes, patiently } from './patiently.js';
import type { Seeded } from './seeded.js';

/** A plaintext in a caller's hands. */
export interface Held extends Receipt {
  readonly reference: string;
  /** Whether it is the value that was stored. */
  readonly intact: boolean;
}

/** `unknown`: nobody said whether it was done. */
export type Outcome = 'acknowledged' | 'unknown' | 'refused';

/** A value that somebody wanted to store. */
export interface Change {
  readonly commandId: string;
  readonly reference: string;
  /** SHA-256 of the value, lower-case hexadecimal. */
  readonly digest: string;
  readonly outcome: Outcome;
  /** Null unless it was acknowledged. */
  readonly version: number | null;
  /** Why it was refused. */
  readonly code?: string;
}

/** All that has been told so far. */
export interface Told {
  readonly held: readonly Held[];
  readonly changes: readonly Change[];
  /** Codes with which a stored value was refused though nothing was in the way: `reference: code`. */
  readonly denied: readonly string[];
  /** Attempts to obtain a value that ended without it and without a word against it. */
  readonly unserved: number;
}

export interface Load {
  readonly told: Told;
  /** Resolves once values that are asked for from now on are stored and obtained. */
  served(): Promise<void>;
  /** Returns once everybody has stopped, and everybody's last word is written down. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly system: System;
  /** Must exist. */
  readonly workspace: string;
  readonly random: Seeded;
  readonly readers: number;
  readonly writers: number;
  readonly signal: AbortSignal;
}

type Stored = Change & { readonly version: number };

const PAUSE_MS = 5;
/** Whoever was not served waits a little longer before the next attempt. */
const BACK_OFF_MS = 50;
const ANSWER_MS = 15_000;
const NEW_SECRET_PERCENT = 60;

/** Begins at once and goes on, whatever happens to the system, until it is stopped. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { system, random, readers, writers } = options;
  const told = { held: [] as Held[], changes: [] as Change[], denied: [] as string[], unserved: 0 };
  const stored: Stored[] = [];
  const stopping = new AbortController();
  const ended = AbortSignal.any([stopping.signal, options.signal]);
  const clients = await Promise.all(Array.from({ length: readers }, () => connectAs(system, 'billing')));
  const read = async (client: KeytrailClient, chance: Seeded) => {
    while (!ended.aborted) {
      const isServed = stored.length > 0 && (await obtain(client, chance.pick(stored), told));
      await sleep(isServed ? PAUSE_MS : BACK_OFF_MS);
    }
  };
  const write = async (lane: number) => {
    const [chance, own] = [random.fork(`writer-${lane}`), [] as Stored[]];
    for (let n = 0; !ended.aborted; n++) {
      const earlier = own.length === 0 || chance.percent(NEW_SECRET_PERCENT) ? null : chance.pick(own);
      const change = await store(gatewayApi(system), { ...options, lane, n, earlier });
      told.changes.push(change);
      if (isStored(change)) [own, stored].forEach((list) => list.push(change));
      await sleep(isStored(change) ? PAUSE_MS : BACK_OFF_MS);
    }
  };
  const work = Promise.all([
    ...clients.map((client, i) => read(client, random.fork(`reader-${i}`))),
    ...Array.from({ length: writers }, (_, lane) => write(lane)),
  ]);
  // Awaited in `stop`; until then a failure must not end the process.
  work.catch(() => {});
  return {
    told,
    served: () => {
      const [obtained, written] = [told.held.length + 2 * readers, stored.length + 2 * writers];
      const isServed = () => told.held.length >= obtained && stored.length >= written;
      return patiently('values are stored and obtained', isServed, options.signal);
    },
    stop: async () => {
      stopping.abort();
      await work;
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Of the acknowledged changes: the command ids of those whose value is obtained as it was stored. */
export async function stillObtained(system: System, changes: readonly Change[]): Promise<ReadonlySet<string>> {
  const client = await connectAs(system, 'chatbot');
  const stored = changes.filter(isStored);
  const found = new Set<string>();
  try {
    await inLanes(stored.length, 32, async (n) => {
      const change = stored[n] as Stored;
      const told = { held: [] as Held[], denied: [], unserved: 0 };
      await patiently('a value is obtained or denied', async () => {
        await obtain(client, change, told);
        return told.held.length + told.denied.length > 0;
      });
      if (told.held.every(({ intact }) => intact) && told.denied.length === 0) found.add(change.commandId);
    });
  } finally {
    await client.close();
  }
  return found;
}

const isStored = (change: Change): change is Stored => change.outcome === 'acknowledged';

type Notebook = { held: Held[]; denied: string[]; unserved: number };

/** Whether the value was released. */
async function obtain(
  client: KeytrailClient,
  { reference, version, digest }: Stored,
  told: Notebook,
): Promise<boolean> {
  try {
    using value = await client.decrypt(reference, { version });
    told.held.push({ ...value.receipt, reference, intact: sha256Hex(value.bytes) === digest });
    return true;
  } catch (error) {
    if (!(error instanceof KeytrailError)) throw error;
    if (error.retryable) told.unserved++;
    else told.denied.push(`${reference}: ${error.code}`);
    return false;
  }
}

interface Storing extends LoadOptions {
  readonly lane: number;
  readonly n: number;
  /** Gets a new version; null for a new secret. */
  readonly earlier: Stored | null;
}

async function store(api: GatewayApi, { workspace, random, lane, n, earlier }: Storing): Promise<Change> {
  const commandId = `${workspace}-${lane}-${n}`;
  const reference = earlier?.reference ?? `tenant.${workspace}.openai.key_${lane}_${n}`;
  const value = canarySecret('openai', `${random.seed}/${commandId}`);
  const change = { commandId, reference, digest: sha256Hex(Buffer.from(value)), version: null };
  const how = { commandId, signal: AbortSignal.timeout(ANSWER_MS) };
  try {
    const [path, named] = earlier ? [`/secrets/${reference}/versions`, {}] : ['/secrets', { reference }];
    const answer = await api.post<SecretDescription>(path, { ...named, value: { text: value } }, how);
    return { ...change, outcome: 'acknowledged', version: answer.currentVersion };
  } catch (error) {
    if (!(error instanceof GatewayRefused)) return { ...change, outcome: 'unknown' };
    if (error.status >= 500) return { ...change, outcome: 'unknown' };
    return { ...change, outcome: 'refused', code: String((error.body as { code?: unknown }).code) };
  }
}
