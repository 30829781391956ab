/** Promise 20: whatever can be asked is asked by everybody, everywhere, and held against docs/access.md. */
import { judgeLeastPrivilege, type LeastPrivilegeHistory } from './20-least-privilege.judge.js';
import { tryBus } from './20-bus.js';
import { tryDatabases } from './20-databases.js';
import { accessDocument, matrixIn, processesIn } from './20-matrix.js';
import { setStage } from './20-people.js';
import { askingsOf } from './20-permissions.js';
import { askAll } from './20-roads.js';
import { proof } from './proof.js';

const document = accessDocument();
const askings = askingsOf(matrixIn(document), processesIn(document));
const { roles, processes, scopes } = askings;

export const leastPrivilege = proof(
  [
    {
      promise: 20,
      name: 'least privilege is tested, not described',
      // Always the whole matrix; tables and readers are counted where they are, and come to it.
      fullScale: roles.length + processes.length + scopes.length,
      judge: judgeLeastPrivilege,
    },
  ],
  async (scene): Promise<LeastPrivilegeHistory> => {
    const system = await scene.system();
    const site = { system, stage: await setStage(system), signal: scene.signal };
    const asked = await askAll(site, askings);
    const databases = await tryDatabases(system, document);
    const bus = await tryBus(system, document);
    return {
      planned: {
        roles: roles.length,
        processes: processes.length,
        scopes: scopes.length,
        databases: databases.planned,
        bus: bus.planned,
      },
      asked: [...asked, ...databases.asked, ...bus.asked],
    };
  },
);
