/**
 * Kill -9 of the supervisor under load: everything that it started ends by itself, and the next start has all that
 * was acknowledged.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startSystem, type System } from '@keytrail/scripts/system';
import { identify, stillRuns, temporaryFolder, type ProcessIdentity, type TemporaryFolder } from '@keytrail/testing';
import { ledgerOf } from './fault-ledger.fixture.js';
import { startLoad, type Load } from './fault-load.fixture.js';
import { unscathed } from './fault.fixture.js';
import { closeStage, until, visitorsOf, type Address } from './stage.fixture.js';

/** What another process says of the system that it supervises. */
interface Supervised extends Address {
  /** Of the supervisor and all that it has started. */
  readonly pids: readonly number[];
}

/** For a process of its own, which Jest does not compile for. */
const built = path.resolve(import.meta.dirname, '../../scripts/dist/system.js');

const program = (dir: string): string => `
  import { serviceNames, startSystem } from ${JSON.stringify(built)};
  const system = await startSystem({ dir: ${JSON.stringify(dir)} });
  const pids = [process.pid, ...['postgres', 'nats', ...serviceNames].map(system.pidOf)];
  console.log(JSON.stringify({ ...system, pids }));`;

let folder: TemporaryFolder;
let dir: string;
let supervised: Supervised;
let processes: readonly ProcessIdentity[] = [];
let load: Load | undefined;
let next: System | undefined;
beforeAll(async () => {
  folder = await temporaryFolder();
  dir = path.join(folder.path, 'keytrail');
  const supervisor = spawn(process.execPath, ['--input-type=module', '--eval', program(dir)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(supervisor.stdout), 'line')) as [string];
  supervised = JSON.parse(line) as Supervised;
  processes = supervised.pids.map((pid) => identify(pid)!);
});
afterAll(() => load?.stop());
afterAll(closeStage);
afterAll(async () => {
  await next?.stop();
  for (const { pid } of processes.filter(stillRuns)) process.kill(pid, 'SIGKILL');
  await folder?.remove();
});

it('a supervisor that is killed leaves no process behind, and loses nothing', async () => {
  load = await startLoad(visitorsOf(supervised));
  await load.untilServed();
  process.kill(supervised.pids[0]!, 'SIGKILL');
  await until(
    () => processes.filter(stillRuns),
    (left) => left.length === 0,
  );
  await load.untilRefused();
  await load.stop();

  const told: string[] = [];
  next = await startSystem({ dir, onNotice: (line) => told.push(line) });
  expect(told).toEqual([]);
  const { lost, doubled, differing, releasedUnseen } = unscathed;
  expect(await ledgerOf(next, load).compare()).toEqual({ lost, doubled, differing, releasedUnseen });
});
