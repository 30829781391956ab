/** A Keytrail of a benchmark's own in a temporary folder, taken away when the benchmark has ended, however it ends. */
import path from 'node:path';
import { temporaryFolder } from '@keytrail/testing';
import { startSystem, type System, type SystemOptions } from '../system.js';
import { DecryptStage } from './decrypt-stage.js';
import type { Telling } from './step.js';
import { postgresSettings, withDatabase } from './surroundings.js';

export interface Staging extends Telling, Pick<SystemOptions, 'nodeOptions'> {
  /** Bytes of the values that are stored. */
  readonly sizes: Iterable<number>;
}

/** Answers what `work` does, and the settings of PostgreSQL that it was measured with. */
export async function onStage<T extends object>(
  { sizes, nodeOptions = {}, ...telling }: Staging,
  work: (stage: DecryptStage, system: System) => Promise<T>,
) {
  const folder = await temporaryFolder();
  try {
    const { say, signal } = telling;
    const dir = path.join(folder.path, 'keytrail');
    const system = await startSystem({ dir, throwaway: true, onNotice: say, signal, nodeOptions });
    try {
      const stage = await DecryptStage.open({ system, dir: folder.path, ...telling }, sizes);
      try {
        return { ...(await work(stage, system)), ...(await settingsOf(system)) };
      } finally {
        await stage.close();
      }
    } finally {
      await system.stop();
    }
  } finally {
    await folder.remove();
  }
}

async function settingsOf(system: System) {
  const postgres = await withDatabase(system.databaseUrl('vault'), postgresSettings);
  return { fsync: postgres['fsync'] === 'on', postgres };
}
