/**
 * Promise 15: values are stored and obtained, credentials issued and shown, and both put in every wrong place; then all
 * that the system has written or said is searched.
 */
import { gatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import { canariesOf, endsOf, everyFormOf, type Canary } from './15-canaries.js';
import { misplace, storeAndObtain } from './15-careless.js';
import { misplaceAtTheDoors, showCredentials } from './15-credentials.js';
import { judgeClear, type ClearHistory } from './15-nothing-in-clear.judge.js';
import { plant } from './15-planted.js';
import { dumpOf, filesOf, search } from './15-search.js';
import { recordBus } from './bus-recorder.js';
import { proof } from './proof.js';
import { journalOf, query, untilAudited } from './records.js';
import type { TriedSystem } from './tried-system.js';

const WORKSPACE = 'promise-15';

/** PostgreSQL tells all that it can, of every statement and of every error. */
const TALKATIVE = {
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  log_min_error_statement: 'debug1',
  log_error_verbosity: 'verbose',
};

export const nothingInClear = proof(
  [{ promise: 15, name: 'secrets never rest in clear', fullScale: 100, judge: judgeClear }],
  async (scene): Promise<ClearHistory> => {
    const system = await scene.system();
    await setAll(system, TALKATIVE);
    try {
      await gatewayApi(system).post('/workspaces', { slug: WORKSPACE });
      const values = canariesOf(scene.random.seed, scene.tries);
      const used = await useAsOneShould(system, values);
      const { misplaced } = used.credentials;
      // In the fields of requests a credential is a text as any other.
      const texts = misplaced.map(({ whole }) => ({ shape: 'openai', value: whole }) as const);
      const answers = await misplace(system, WORKSPACE, [...values, ...texts]);
      const atTheDoors = await misplaceAtTheDoors(system, used.credentials);
      const requests = answers.length + atTheDoors;
      scene.say(
        `${values.length} values were stored and obtained; they and credentials misplaced in ${requests} requests`,
      );
      // Then whatever was written because of the requests has been written everywhere.
      await untilAudited(system, WORKSPACE, await journalOf(system, WORKSPACE));
      const credentials = [...used.credentials.used, ...misplaced];
      const canaries = [...values, ...credentials.map(({ secret }) => ({ value: secret }))];
      const kept = credentials.flatMap(({ keptIn }, n) =>
        keptIn.map((place) => ({ place, canary: values.length + n })),
      );
      const { intact } = used;
      const searched = await searchAll(system, { canaries, answers, recording: used.recording });
      return { canaries: canaries.length, stored: values.length, intact, requests, kept, ...searched };
    } finally {
      await setAll(system, Object.fromEntries(Object.keys(TALKATIVE).map((name) => [name, null])));
    }
  },
);

const decoyOf = () => canariesOf('decoy', 1)[0] as Canary;

/** Values and credentials go where they belong, and everything on the bus is recorded meanwhile. */
async function useAsOneShould(system: TriedSystem, values: readonly Canary[]) {
  const recorder = await recordBus(system);
  recorder.say('drill.decoy', everyFormOf(decoyOf()));
  const intact = await storeAndObtain(system, WORKSPACE, values);
  const credentials = await showCredentials(system, WORKSPACE);
  const { bytes: recording } = await recorder.stop();
  return { intact, credentials, recording };
}

interface Searched {
  readonly canaries: readonly Pick<Canary, 'value'>[];
  readonly answers: readonly Buffer[];
  readonly recording: Buffer;
}

/** What is planted last, and found, shows that the search is not blind. */
async function searchAll(system: System, { canaries, answers, recording }: Searched) {
  const decoy = decoyOf();
  const planted = await plant(system, decoy);
  try {
    const answered = {
      place: planted.answer.place,
      read: async () => Buffer.concat([...answers, planted.answer.bytes]),
    };
    const bus = { place: 'bus', read: async () => recording };
    const haystacks = [...filesOf(system), ...(await dumpOf(system)), answered, bus];
    const needles = [...canaries, decoy].map(endsOf);
    const owners = needles.flatMap((ends, owner) => ends.map(() => owner));
    const found = await search(haystacks, needles.flat());
    return {
      places: haystacks.length,
      planted: [...planted.places, bus.place],
      found: found.map(({ needle, ...rest }) => ({ ...rest, canary: owners[needle] as number })),
    };
  } finally {
    await planted.remove();
  }
}

/** `null` takes a setting back. */
async function setAll(system: System, settings: Readonly<Record<string, string | null>>): Promise<void> {
  const url = system.databaseUrl('vault');
  for (const [name, value] of Object.entries(settings))
    await query(url, value === null ? `alter system reset ${name}` : `alter system set ${name} = '${value}'`);
  await query(url, 'select pg_reload_conf()');
}
