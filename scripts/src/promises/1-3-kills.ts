/**
 * Promises 1 and 3: kill -9, again and again, under load; then every receipt and every acknowledgement is looked up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayApi } from '../gateway-api.js';
import type { ProcessName, System } from '../system.js';
import { judgeAcknowledged, judgeReleases, type KillHistory } from './1-3-kills.judge.js';
import { startLoad, stillObtained, type Load } from './load.js';
import { patiently } from './patiently.js';
import { proof, type Scene } from './proof.js';
import { auditOf, journalOf, untilAudited } from './records.js';

const WORKSPACE = 'promise-1-and-3';
const VICTIMS = ['vault', 'postgres', 'nats'] as const satisfies readonly ProcessName[];
const FULL_SCALE = 200;
const READERS = 6;
const WRITERS = 3;
/** The next process falls before the last one is back at work. */
const IN_A_ROW_PERCENT = 20;
const LONGEST_REST_MS = 200;

export const kills = proof(
  [
    { promise: 1, name: 'no plaintext without a durable event', fullScale: FULL_SCALE, judge: judgeReleases },
    { promise: 3, name: 'acknowledged writes survive', fullScale: FULL_SCALE, judge: judgeAcknowledged },
  ],
  async (scene): Promise<KillHistory> => {
    const system = await scene.system();
    await gatewayApi(system).post('/workspaces', { slug: WORKSPACE });
    const load = await startLoad({ ...scene, system, workspace: WORKSPACE, readers: READERS, writers: WRITERS });
    let killed: readonly ProcessName[];
    try {
      await load.served();
      killed = await killOneByOne(scene, system, load);
      await load.served();
    } finally {
      await load.stop();
    }
    const { told } = load;
    const obtained = await stillObtained(system, told.changes);
    const journal = await journalOf(system, WORKSPACE);
    // Where the audit never catches up, what it holds in the end is judged.
    await untilAudited(system, WORKSPACE, journal).catch(() => {});
    return { ...told, killed, obtained, journal, audit: await auditOf(system, WORKSPACE) };
  },
);

async function killOneByOne({ tries, random, say, signal }: Scene, system: System, load: Load) {
  const killed: ProcessName[] = [];
  while (killed.length < Math.max(tries, VICTIMS.length)) {
    await sleep(random.below(LONGEST_REST_MS), undefined, { signal });
    // Each in turn first, so that the smallest run meets all of them.
    const victim = VICTIMS[killed.length] ?? random.pick(VICTIMS);
    const pid = system.pidOf(victim);
    process.kill(pid, 'SIGKILL');
    killed.push(victim);
    await patiently(`${victim} is back`, () => system.pidOf(victim) !== pid, signal);
    if (!random.percent(IN_A_ROW_PERCENT)) await load.served();
    if (killed.length % 10 === 0) say(`${killed.length} of ${tries} kills`);
  }
  return killed;
}
