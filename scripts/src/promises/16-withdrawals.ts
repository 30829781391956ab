/**
 * Promise 16: three replicas of the vault, and everybody asks without a pause while what lets them is taken away, in
 * every way there is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DecryptBatchReply, LIMITS, type RpcReply, type SealingKeys } from '@keytrail/contracts';
import { gatewayApi } from '../gateway-api.js';
import { gatewayRequester, tokenRequester } from '../requester.js';
import type { System } from '../system.js';
import { changed, KINDS, type Lane, type Reader, type Right, storeSecret, WORKSPACE } from './16-kinds.js';
import { type Attempt, type Episode, judgeWithdrawals, type Told, type Turn } from './16-withdrawals.judge.js';
import { startAnotherVault } from './another-vault.js';
import { inLanes, patiently } from './patiently.js';
import { enroll } from './presence.js';
import { proof, type Scene } from './proof.js';
import { query } from './records.js';
import type { Seeded } from './seeded.js';

const FULL_SCALE = 100_000;
const ATTEMPTS_PER_WITHDRAWAL = 100;
const REPLICAS = 3;
const LANES = 6;
/** So many of an episode are under way at a time. */
const AT_ONCE = 8;
/** Each that comes so often is asked for as one of many, which takes another way. */
const OF_MANY = 3;
/** So many have to be answered before the right is withdrawn, while it is, and after it was given back. */
const BEFORE = 48;
const AFTER = 16;
const LONGEST_PAUSE_MS = 20;
const STORED_AT_ONCE = 64;

const kinds = Object.keys(KINDS);

export const withdrawals = proof(
  [
    {
      promise: 16,
      name: 'what is withdrawn is withdrawn at once, on every replica',
      fullScale: FULL_SCALE,
      judge: judgeWithdrawals,
    },
  ],
  async (scene) => {
    const system = await scene.system();
    const others = await Promise.all(
      Array.from({ length: REPLICAS - 1 }, (_, n) =>
        startAnotherVault(system, { folder: scene.folder(`withdrawals-${n}`), signal: scene.signal }),
      ),
    );
    try {
      const stock = await storeStock(system, scene);
      const episodes = await playAll(system, scene, stock);
      const journal = await journalInOrder(system);
      return { kinds, episodes, journal, secretsUnderAGrant: stock.length };
    } finally {
      await Promise.all(others.map((other) => other.stop()));
    }
  },
);

/** As many secrets as there are tries: a grant over all of them is withdrawn as fast as one over a single one. */
async function storeStock(system: System, { tries, say, signal }: Scene): Promise<readonly string[]> {
  const api = gatewayApi(system);
  await api.post('/workspaces', { slug: WORKSPACE });
  const sealing = await api.get<SealingKeys>('/sealing-key');
  const admin = await gatewayRequester(system);
  const stock: string[] = [];
  try {
    await inLanes(tries, STORED_AT_ONCE, async (n) => {
      signal.throwIfAborted();
      stock.push(await storeSecret({ admin, sealing }, `stock_${n}`));
      if (stock.length % 10_000 === 0) say(`${stock.length} of ${tries} secrets are stored`);
    });
  } finally {
    await admin.close();
  }
  return stock;
}

async function playAll(system: System, scene: Scene, stock: readonly string[]): Promise<readonly Episode[]> {
  const { tries, say, signal } = scene;
  const wanted = Math.max(kinds.length, Math.ceil(tries / ATTEMPTS_PER_WITHDRAWAL));
  const episodes: Episode[] = [];
  let [begun, attempts] = [0, 0];
  const play = async (n: number) => {
    const lane = await openLane(system, { name: `lane-${n}`, random: scene.random.fork(`lane-${n}`), stock });
    try {
      while (begun < wanted || attempts < tries) {
        signal.throwIfAborted();
        const kind = kinds[begun % kinds.length] as string;
        const episode = await playEpisode(lane, { kind, name: `${n}_${begun++}`, signal });
        episodes.push(episode);
        attempts += episode.attempts.length;
        if (episodes.length % 100 === 0) say(`${episodes.length} withdrawals, ${attempts} of ${tries} attempts`);
      }
    } finally {
      await Promise.all([lane.admin, lane.member.requester, lane.guest.requester].map((each) => each.close()));
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, n) => play(n)));
  return episodes;
}

interface Placed {
  readonly name: string;
  readonly random: Seeded;
  readonly stock: readonly string[];
}

async function openLane(system: System, placed: Placed): Promise<Lane> {
  const api = gatewayApi(system);
  const appear = async (role: 'service' | null): Promise<Reader> => {
    const { principal, token } = await enroll(api, { displayName: placed.name, role, workspace: WORKSPACE });
    return { principal, requester: await tokenRequester(system, { name: placed.name, token }) };
  };
  return {
    ...placed,
    system,
    admin: await gatewayRequester(system),
    sealing: await api.get<SealingKeys>('/sealing-key'),
    member: await appear('service'),
    guest: await appear(null),
  };
}

interface Played {
  readonly kind: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

async function playEpisode(lane: Lane, { kind, name, signal }: Played): Promise<Episode> {
  const right = await (KINDS[kind] as (typeof KINDS)[string])(lane, name);
  const reading = startReading(right, `p16-${name}`);
  const { attempts } = reading;
  const until = (what: string, isSo: () => boolean) => patiently(`${kind}, ${what}`, isSo, signal);
  const since = ({ endedMs }: Turn) => attempts.filter(({ begunMs }) => begunMs > endedMs).length;
  const turn = async (change: Right['withdraw'], commandId: string): Promise<Turn> => {
    const begunMs = performance.now();
    await changed(lane.admin, change, commandId);
    return { commandId, begunMs, endedMs: performance.now() };
  };
  try {
    const released = () => attempts.filter(({ outcome }) => outcome === 'released').length;
    await until('before it is withdrawn', () => released() >= BEFORE);
    await sleep(lane.random.below(LONGEST_PAUSE_MS));
    const withdrawal = await turn(right.withdraw, `p16-${name}-withdraw`);
    await until('withdrawn', () => since(withdrawal) >= AFTER);
    const restoration = right.restore === null ? null : await turn(right.restore, `p16-${name}-restore`);
    if (restoration !== null) await until('given back', () => since(restoration) >= AFTER);
    return { kind, attempts, withdrawal, restoration };
  } finally {
    await reading.stop();
    await right.close?.();
  }
}

/** Begins at once; `attempts` grows by those that are answered. */
function startReading({ reader, reference }: Right, name: string) {
  const attempts: Attempt[] = [];
  let [isOver, count] = [false, 0];
  const loop = async () => {
    while (!isOver) {
      const nth = count++;
      const requestId = `${name}-${nth}`;
      const item = { reference: reference() };
      const isOfMany = nth % OF_MANY === 0;
      const begunMs = performance.now();
      const reply = await reader.rpc.request<DecryptBatchReply>({
        service: 'vault',
        workspace: WORKSPACE,
        aggregate: 'secret',
        verb: isOfMany ? 'decrypt_batch' : 'decrypt',
        body: isOfMany ? { items: [item] } : item,
        requestId,
        deadlineMs: Date.now() + LIMITS.deadlineMaxMs,
      });
      const [outcome] = reply.ok && isOfMany ? reply.value.items : [reply];
      attempts.push({ requestId, begunMs, endedMs: performance.now(), outcome: outcomeOf(outcome ?? reply) });
    }
  };
  const loops = Promise.all(Array.from({ length: AT_ONCE }, loop));
  return {
    attempts,
    stop: async () => {
      isOver = true;
      await loops;
    },
  };
}

function outcomeOf(reply: RpcReply): Attempt['outcome'] {
  if (reply.ok) return 'released';
  return reply.error.retryable ? null : 'denied';
}

/** Principals and tokens have their events above all workspaces. */
function journalInOrder(system: System): Promise<readonly Told[]> {
  const events = (table: string) =>
    `select tx, position, type, convert_from(body, 'UTF8')::jsonb as said from ${table} where workspace in ($1, '_system')`;
  return query<Told>(
    system.databaseUrl('vault'),
    `select type, said ->> 'requestid' as "requestId", said ->> 'commandid' as "commandId"
       from (${events('journal')} union all ${events('access_journal')}) as events order by tx, position`,
    [WORKSPACE],
  );
}
