/** What is to be done every minute, whoever asks for what: each replica does it, and none minds that others do too. */
import { ensureAccessPartitions, forgetServedRequests } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import type { VaultRooms } from './vault.rooms.js';

const EVERY_MS = 60_000;

export interface Upkeep {
  /** Does the last of it: failures that were counted and not told yet. */
  stop(): Promise<void>;
}

interface Chore {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

export function upkeep({ database, vaultKeys, sessions, connections, failures }: VaultRooms, log: Log): Upkeep {
  const tell = { name: 'failed attempts are told', run: () => failures.tell() };
  const chores: readonly Chore[] = [
    { name: 'partitions are made', run: () => ensureAccessPartitions(database) },
    { name: 'sealing keys are rotated', run: () => vaultKeys.replenish(Date.now()) },
    { name: 'old sealing keys are forgotten', run: () => vaultKeys.forgetEnded(Date.now()) },
    { name: 'ended sessions are forgotten', run: () => sessions.forgetEnded(Date.now()) },
    { name: 'gone connections are forgotten', run: () => connections.forgetGone() },
    { name: 'served requests are forgotten', run: () => forgetServedRequests(database) },
    tell,
  ];
  const attempt = ({ name, run }: Chore): Promise<unknown> =>
    run().catch((err: unknown) => log.error({ err, chore: name }, 'a chore was not done'));
  const timer = setInterval(() => void Promise.all(chores.map(attempt)), EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await attempt(tell);
    },
  };
}
