/**
 * PostgreSQL's disk fills up under load: nothing is released that cannot be written, and room is all that it takes to
 * go on.
 */
import { describe, expect, it } from '@jest/globals';
import { mayMount, smallDisk } from './fault-disk.fixture.js';
import { sceneUnderLoad, unscathed } from './fault.fixture.js';
import { query } from './fault-ledger.fixture.js';
import { until } from './stage.fixture.js';

const disk = smallDisk();
const scene = sceneUnderLoad({
  prepare: (dir) => disk.prepare(dir),
  // Small enough for the disk, which holds a copy of everything else besides.
  postgresSettings: { max_wal_size: '64MB', min_wal_size: '32MB' },
});

const mounting = mayMount();
const withDisk = mounting ? it : it.skip;
const unlessMounting = mounting ? '' : ' (left out: this process may not mount a file system)';

describe(`a full disk${unlessMounting}`, () => {
  const ask = (sql: string) => query(scene().stage.system.databaseUrl('vault'), sql);

  /** Returns once a hundred requests in a row were refused: till then some find a gap that is large enough. */
  async function refused(): Promise<void> {
    const { told } = scene().load;
    const from = told.length;
    await until(
      () => told.slice(from).slice(-100),
      (last) => last.length === 100 && last.every(({ code }) => code === 'journal.unavailable'),
    );
  }

  async function free(): Promise<void> {
    disk.free();
    await until(
      () => ask('select 1').catch(() => []),
      (rows) => rows.length === 1,
    );
  }

  withDisk('refuses whatever finds no room, and releases nothing of it', async () => {
    const full = { begin: () => disk.fill(), meanwhile: refused, end: free };
    expect(await scene().endure('full disk', full)).toEqual(unscathed);
  });

  withDisk(
    'has no room for the next segment of the log either: PostgreSQL gives up, and comes back with room',
    async () => {
      const { notices } = scene().stage;
      const pid = scene().stage.system.pidOf('postgres');
      const outOfLog = async (): Promise<void> => {
        // Some segments may have been made beforehand.
        const nextSegment = () => ask('select pg_switch_wal()').catch(() => 'refused');
        await until(nextSegment, (answer) => answer === 'refused');
        await refused();
      };
      const full = { begin: () => disk.fill(), meanwhile: outOfLog, end: free };
      expect(await scene().endure('full disk, the log included', full)).toEqual(unscathed);
      expect(notices).toContain(`postgres is back as process ${scene().stage.system.pidOf('postgres')}`);
      expect(scene().stage.system.pidOf('postgres')).not.toBe(pid);
    },
  );
});
