/** Promise 2: with the database in each of eight bad states, values are asked for, and a vault is started. */
import { type DecryptReply, LIMITS, type RpcReply } from '@keytrail/contracts';
import { gatewayApi } from '../gateway-api.js';
import { ServiceFailed } from '../service-process.js';
import { startAnotherVault } from './another-vault.js';
import { faults, NotAllowedHere, type Fault, type Ward } from './2-faults.js';
import { judgeFailClosed, type FaultRecord, type Refusal } from './2-fail-closed.judge.js';
import { patiently } from './patiently.js';
import { proof, type Scene } from './proof.js';
import { requesterOf, type Requester } from '../requester.js';

const WORKSPACE = 'promise-2';
const REFERENCE = `tenant.${WORKSPACE}.openai.prod`;

export const failClosed = proof(
  [{ promise: 2, name: 'fail closed', fullScale: faults.length * 100, judge: judgeFailClosed }],
  async (scene): Promise<readonly FaultRecord[]> => {
    const system = await scene.system();
    const api = gatewayApi(system);
    await api.post('/workspaces', { slug: WORKSPACE });
    await api.post('/secrets', { reference: REFERENCE, value: { text: 'a value' } });
    const billing = await requesterOf(system, 'billing');
    const isReleased = async () => (await decrypt(billing)).ok;
    const ward = { system, folder: scene.folder('promise-2'), isReleased };
    try {
      const records: FaultRecord[] = [];
      for (const fault of faults) records.push(await suffer(fault, { ...scene, ward, billing }));
      return records;
    } finally {
      await billing.close();
    }
  },
);

interface Suffering extends Pick<Scene, 'tries' | 'say' | 'signal'> {
  readonly ward: Ward;
  readonly billing: Requester;
}

async function suffer(fault: Fault, { tries, say, signal, ward, billing }: Suffering): Promise<FaultRecord> {
  const { name, preventsStart } = fault;
  signal.throwIfAborted();
  await patiently('values are released', ward.isReleased, signal);
  say(`fault: ${name}`);
  const nothing = { fault: name, requests: [], start: null, skipped: null } as const;
  const cure = await fault.bringAbout(ward).catch((error: unknown) => {
    if (error instanceof NotAllowedHere) return error;
    throw error;
  });
  if (cure instanceof NotAllowedHere) return { ...nothing, skipped: cure.message, recovered: true };
  try {
    const count = Math.ceil(tries / faults.length);
    const [requests, start] = await Promise.all([
      Promise.all(Array.from({ length: count }, () => request(billing))),
      preventsStart ? startAnother(ward, signal) : null,
    ]);
    await cure();
    const recovered = await patiently('values are released again', ward.isReleased, signal).then(
      () => true,
      () => false,
    );
    return { ...nothing, requests, start, recovered };
  } catch (error) {
    await cure();
    throw error;
  }
}

function decrypt({ rpc }: Requester): Promise<RpcReply<DecryptReply>> {
  const where = { service: 'vault', workspace: WORKSPACE, aggregate: 'secret', verb: 'decrypt' } as const;
  return rpc.request({ ...where, body: { reference: REFERENCE } });
}

async function request(billing: Requester): Promise<Refusal> {
  const since = performance.now();
  const reply = await decrypt(billing);
  const inTime = performance.now() - since <= LIMITS.deadlineDefaultMs + TIMER_MS;
  return reply.ok ? { code: null, inTime } : { code: reply.error.code, inTime };
}

/** A timer may ring late on a machine that has much to do. */
const TIMER_MS = 1_000;

/** Whether a further vault, with a log of its own, comes up or says why it does not. */
async function startAnother({ system, folder }: Ward, signal: AbortSignal): Promise<FaultRecord['start']> {
  try {
    const started = await startAnotherVault(system, { folder, signal });
    await started.stop();
    return 'started';
  } catch (error) {
    if (!(error instanceof ServiceFailed)) throw error;
    return /refuses to write/.test(error.message) ? 'refused with the reason' : 'refused without the reason';
  }
}
