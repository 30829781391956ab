/**
 * Promise 15: values are stored, obtained and put in every wrong place; then all that the system has written or said is
 * searched.
 */
import { gatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import { canariesOf, endsOf, type Canary } from './15-canaries.js';
import { misplace, storeAndObtain } from './15-careless.js';
import { judgeClear, type ClearHistory } from './15-nothing-in-clear.judge.js';
import { plant } from './15-planted.js';
import { dumpOf, filesOf, search } from './15-search.js';
import { patiently } from './patiently.js';
import { proof } from './proof.js';
import { auditOf, journalOf, query } from './records.js';

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
      const canaries = canariesOf(scene.random.seed, scene.tries);
      const intact = await storeAndObtain(system, WORKSPACE, canaries);
      const answers = await misplace(system, WORKSPACE, canaries);
      scene.say(`${canaries.length} values were stored and obtained, and misplaced in ${answers.length} requests`);
      await untilAudited(system);
      return {
        canaries: canaries.length,
        intact,
        requests: answers.length,
        ...(await searchAll(system, canaries, answers)),
      };
    } finally {
      await setAll(system, Object.fromEntries(Object.keys(TALKATIVE).map((name) => [name, null])));
    }
  },
);

/** What is planted last, and found, shows that the search is not blind. */
async function searchAll(system: System, canaries: readonly Canary[], answers: readonly Buffer[]) {
  const [decoy] = canariesOf('decoy', 1) as [Canary];
  const planted = await plant(system, decoy);
  try {
    const answered = {
      place: planted.answer.place,
      read: async () => Buffer.concat([...answers, planted.answer.bytes]),
    };
    const haystacks = [...filesOf(system), ...(await dumpOf(system)), answered];
    const needles = [...canaries, decoy].map(endsOf);
    const owners = needles.flatMap((ends, owner) => ends.map(() => owner));
    const found = await search(haystacks, needles.flat());
    return {
      places: haystacks.length,
      planted: planted.places,
      found: found.map(({ needle, ...rest }) => ({ ...rest, canary: owners[needle] as number })),
    };
  } finally {
    await planted.remove();
  }
}

/** Then whatever was written because of the requests has been written everywhere. */
function untilAudited(system: System): Promise<void> {
  return patiently('the audit has caught up', async () => {
    const [journal, audit] = await Promise.all([journalOf(system, WORKSPACE), auditOf(system, WORKSPACE)]);
    return audit.length >= journal.length;
  });
}

/** `null` takes a setting back. */
async function setAll(system: System, settings: Readonly<Record<string, string | null>>): Promise<void> {
  const url = system.databaseUrl('vault');
  for (const [name, value] of Object.entries(settings))
    await query(url, value === null ? `alter system reset ${name}` : `alter system set ${name} = '${value}'`);
  await query(url, 'select pg_reload_conf()');
}
