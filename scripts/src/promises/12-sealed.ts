/**
 * Promise 12: somebody owns the bus. Everything on it is recorded and searched; then requests and replies are changed,
 * repeated and made up, at two replicas of the vault and by way of a man in the middle.
 */
import { assembleCast, WORKSPACE, type Cast } from './12-cast.js';
import { FORGED_REQUESTS } from './12-forged-requests.js';
import { FORGED_REPLIES } from './12-forged-replies.js';
import type { Forgeries, Honest } from './12-forgery.js';
import { startMiddleman, type Middleman } from './12-middleman.js';
import { recordTheBus } from './12-recording.js';
import { judgeSealed, type ForgedRecord, type SealedHistory } from './12-sealed.judge.js';
import { startAnotherVault } from './another-vault.js';
import { appear } from './presence.js';
import { proof, type Scene } from './proof.js';
import { journalOf } from './records.js';

const TIMES = 20;
/** Values that are on their way for each time that a forgery is tried. */
const VALUES_A_ROUND = 5;
const FORGERIES: Forgeries = { ...FORGED_REQUESTS, ...FORGED_REPLIES };
const forgeries = Object.keys(FORGERIES);

export const sealedBothWays = proof(
  [
    {
      promise: 12,
      name: 'only the caller can ask in its name and read its plaintext',
      fullScale: forgeries.length * TIMES,
      judge: judgeSealed,
    },
  ],
  async (scene): Promise<SealedHistory> => {
    const system = await scene.system();
    const { seed } = scene.random;
    const times = Math.ceil(scene.tries / forgeries.length);
    // The search takes its time, in which a connection could not answer the server.
    const recording = await recordTheBus(system, seed, times * VALUES_A_ROUND);
    const { messages, canaries } = recording;
    scene.say(`${messages} messages were recorded and searched for ${canaries} values and credentials`);
    const cast = await assembleCast(system, seed);
    try {
      const told = await forge(scene, cast, times);
      const journal = await journalOf(system, WORKSPACE);
      const released = journal.filter(({ type }) => type === 'SecretDecrypted').map(({ requestId }) => requestId);
      return { recording, forgeries, times, ...told, released };
    } finally {
      await cast.close();
    }
  },
);

async function forge(scene: Scene, cast: Cast, times: number) {
  const told = { attempts: [] as string[], forged: [] as ForgedRecord[], honest: [] as Honest[] };
  const replica = await startAnotherVault(cast.system, { folder: scene.folder('promise-12'), signal: scene.signal });
  const middleman = await startMiddleman(scene.folder('promise-12-middleman'), cast.intruder);
  try {
    for (let round = 0; round < times; round++) {
      scene.say(`forgeries: round ${round + 1} of ${times}, ${forgeries.length} forgeries`);
      await playRound(scene, { cast, middleman, round, told });
    }
  } finally {
    await middleman.stop();
    await replica.stop();
  }
  return told;
}

interface Round {
  readonly cast: Cast;
  readonly middleman: Middleman;
  readonly round: number;
  readonly told: { readonly attempts: string[]; readonly forged: ForgedRecord[]; readonly honest: Honest[] };
}

async function playRound({ random, signal }: Scene, { cast, middleman, round, told }: Round): Promise<void> {
  const victim = await appear(cast.system, cast.victim);
  const mallory = await appear(cast.system, cast.mallory);
  try {
    for (const [n, [forgery, attempt]] of Object.entries(FORGERIES).entries()) {
      signal.throwIfAborted();
      const name = `p12-${round}-${n}`;
      const { forged, honest } = await attempt({ cast, victim, mallory, middleman, random, name });
      told.attempts.push(forgery);
      told.forged.push(...forged.map((said) => ({ forgery, ...said })));
      told.honest.push(...honest);
    }
  } finally {
    await victim.attacker.close();
    await mallory.attacker.close();
  }
}
