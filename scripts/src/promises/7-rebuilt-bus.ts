/**
 * Promise 7: the vault's stream is thrown away under load, whole or with an empty one in its place, and compared with
 * what it was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalJson, sha256Hex } from '@keytrail/crypto';
import { connectEvents } from '@keytrail/nats';
import { copyMessages, lastMessage, type StreamMessage, wipeStream } from '@keytrail/nats/drill';
import { gatewayApi } from '../gateway-api.js';
import { localKeys } from '../local-keys.js';
import { stateFolder } from '../state-folder.js';
import type { System } from '../system.js';
import { judgeRebuiltBus, type BusHistory, type Message, type Wipe } from './7-rebuilt-bus.judge.js';
import { startLoad, type Load } from './load.js';
import { patiently } from './patiently.js';
import { proof, type Scene } from './proof.js';
import { query } from './records.js';

const WORKSPACE = 'promise-7';
const WAYS = ['deleted', 'emptied'] as const;
const READERS = 4;
const WRITERS = 2;
const SHORTEST_REST_MS = 500;
const LONGEST_REST_MS = 1_500;

type Bus = Awaited<ReturnType<typeof connectEvents>>;

export const rebuiltBus = proof(
  [{ promise: 7, name: 'the bus is rebuildable', fullScale: 20, judge: judgeRebuiltBus }],
  async (scene): Promise<BusHistory> => {
    const system = await scene.system();
    await gatewayApi(system).post('/workspaces', { slug: WORKSPACE });
    const { vault } = localKeys(stateFolder(system.dir)).identities;
    const bus = await connectEvents({ ...vault.events, url: system.natsUrl });
    const load = await startLoad({ ...scene, system, workspace: WORKSPACE, readers: READERS, writers: WRITERS });
    try {
      await load.served();
      const wipes = await wipeAgainAndAgain(scene, bus, load);
      await load.stop();
      return { wipes, ...(await inTheEnd(system, bus)) };
    } finally {
      await load.stop();
      await bus.close();
    }
  },
);

async function wipeAgainAndAgain(
  { tries, random, say, signal }: Scene,
  bus: Bus,
  load: Load,
): Promise<readonly Wipe[]> {
  const wipes: Wipe[] = [];
  const known: Message[] = [];
  while (wipes.length < tries) {
    await load.served();
    await sleep(SHORTEST_REST_MS + random.below(LONGEST_REST_MS - SHORTEST_REST_MS), undefined, { signal });
    const last = await lastMessage(bus, 'vault');
    if (last === null) throw new Error('the stream is empty under load');
    known.push(...(await messages(bus, known.length + 1, last.sequence)));
    const how = WAYS[wipes.length] ?? random.pick(WAYS);
    await wipeStream(bus, 'vault', how);
    const isRefilled = async () => ((await lastMessage(bus, 'vault'))?.sequence ?? 0) >= last.sequence;
    await patiently('the stream is filled again', isRefilled, signal);
    const after = await messages(bus, 1, last.sequence);
    wipes.push({ how, youngestMs: Date.now() - last.storedMs, before: [...known], after });
    say(`wipe ${wipes.length} of ${tries}: ${how}, ${last.sequence} messages are back`);
  }
  return wipes;
}

/** What is promised to be identical, as a digest. */
async function messages(bus: Bus, from: number, through: number): Promise<readonly Message[]> {
  const copied = await copyMessages(bus, { service: 'vault', from, through });
  return copied.map((message) => ({
    sequence: message.sequence,
    id: message.headers['ce-id'] ?? '',
    digest: digestOf(message),
  }));
}

function digestOf({ subject, headers, body }: StreamMessage): string {
  const attributes = Object.entries(headers).filter(([name]) => name.startsWith('ce-'));
  const said = { subject, attributes: Object.fromEntries(attributes), body: Buffer.from(body).toString('base64') };
  return sha256Hex(Buffer.from(canonicalJson(said)));
}

async function inTheEnd(system: System, bus: Bus): Promise<Omit<BusHistory, 'wipes'>> {
  const journal = await query<{ id: string }>(
    system.databaseUrl('vault'),
    `select id from (select tx, position, id from journal union all select tx, position, id from access_journal) as events
      order by tx, position`,
  );
  const entries = () =>
    query<{ ordinal: number; id: string }>(
      system.databaseUrl('audit'),
      `select ordinal::int, id from audit_event where service = 'vault' order by ordinal`,
    );
  const isWhole = async () =>
    (await entries()).length >= journal.length && ((await lastMessage(bus, 'vault'))?.sequence ?? 0) >= journal.length;
  await patiently('stream and audit hold every event', isWhole).catch(() => {});
  const stream = await messages(bus, 1, (await lastMessage(bus, 'vault'))?.sequence ?? 0);
  return { journal: journal.map(({ id }) => id), stream, reader: await entries() };
}
