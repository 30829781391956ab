/** The servers every other test stands on: they start, keep what they acknowledged, and leave nothing behind. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { childrenOf, end, eventually, identify, isRunning, stillRuns } from './process-table.js';
import { StartFailure, freePort, natsServerBinary, startNats, startPostgres, temporaryFolder } from './index.js';
import type { NatsPlacement, TemporaryFolder } from './index.js';

const run = promisify(execFile);
/** For processes of their own, which Jest does not compile for. */
const built = path.resolve(import.meta.dirname, '../dist/index.js');

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  it('runs on loopback with fsync on, in UTF-8, behind a password', async () => {
    const server = await startPostgres({ dir: path.join(folder.path, 'pg'), settings: { log_statement: 'all' } });
    try {
      const [settings] = await query(
        server.superuserUrl,
        `select current_setting('fsync') as fsync, current_setting('listen_addresses') as addresses,
           current_setting('unix_socket_directories') as sockets, datlocale, pg_encoding_to_char(encoding) as encoding
         from pg_database where datname = 'postgres'`,
      );
      expect(settings).toEqual({
        fsync: 'on',
        addresses: '127.0.0.1',
        sockets: '',
        datlocale: 'C.UTF-8',
        encoding: 'UTF8',
      });
      const wrong = server.url({ database: 'postgres', user: 'postgres', password: 'wrong' });
      await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
      expect(await fs.readFile(server.logFile, 'utf8')).toContain("current_setting('fsync')");
    } finally {
      await server.stop();
    }
    expect(isRunning(server.pid)).toBe(false);
  });

  it('keeps what was committed through kill -9, with a stale postmaster.pid in the way', async () => {
    const dir = path.join(folder.path, 'pg');
    const first = await startPostgres({ dir });
    await query(first.superuserUrl, 'create table kept as select generate_series(1, 100) as n');
    const all = [first.pid, ...childrenOf(first.pid)];
    await first.kill();
    expect(all.length).toBeGreaterThan(3);
    expect(all.filter(isRunning)).toEqual([]);
    await fs.writeFile(path.join(dir, 'postmaster.pid'), `${process.pid}\n${dir}\n0\n${first.port}\n\n127.0.0.1\n`);

    const second = await startPostgres({ dir, port: first.port });
    try {
      expect(second.superuserUrl).toBe(first.superuserUrl);
      expect(await query(second.superuserUrl, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }]);
    } finally {
      await second.stop();
    }
  });

  it('refuses a second server on the same data', async () => {
    const dir = path.join(folder.path, 'pg');
    const server = await startPostgres({ dir });
    try {
      await expect(startPostgres({ dir })).rejects.toThrow(`process ${server.pid}`);
    } finally {
      await server.stop();
    }
  });

  it('starts where user namespaces are off, and its data goes with its folder', async () => {
    const bin = path.join(folder.path, 'bin');
    await fs.mkdir(bin);
    await fs.writeFile(path.join(bin, 'unshare'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const own = await temporaryFolder();
    const program = `
      import fs from 'node:fs';
      import { startPostgres } from ${JSON.stringify(built)};
      const dir = ${JSON.stringify(path.join(own.path, 'pg'))};
      const first = await startPostgres({ dir });
      await first.kill();
      const second = await startPostgres({ dir, port: first.port });
      await second.stop();
      console.log(fs.realpathSync(dir));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      env: { PATH: `${bin}:${process.env['PATH']}` },
    });
    const data = stdout.trim();
    expect(await fs.readdir(data)).toContain('PG_VERSION');
    await own.remove();
    await expect(fs.access(path.dirname(data))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says what the server said when it does not come up', async () => {
    const failing = startPostgres({ dir: path.join(folder.path, 'pg'), settings: { shared_buffers: 'plenty' } });
    await expect(failing).rejects.toThrow(/invalid value for parameter "shared_buffers": "plenty"/);
  });
});

const configuration = ({ port, storeDir }: NatsPlacement) =>
  `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${storeDir}" }\n`;

describe('nats-server', () => {
  it('starts, stops, and starts again after kill -9', async () => {
    const dir = path.join(folder.path, 'nats');
    const first = await startNats({ dir, configuration });
    await first.kill();
    expect(isRunning(first.pid)).toBe(false);

    const second = await startNats({ dir, port: first.port, configuration });
    expect(second.url).toBe(first.url);
    await second.stop();
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(isRunning(second.pid)).toBe(false);
    expect(await fs.readFile(second.logFile, 'utf8')).toContain('Server is ready');
  });

  it('says what the server said when its configuration is wrong', async () => {
    const failing = startNats({ dir: path.join(folder.path, 'nats'), configuration: () => 'listen: nowhere:at:all' });
    await expect(failing).rejects.toBeInstanceOf(StartFailure);
    await expect(failing).rejects.toThrow(/nowhere/);
  });

  it('fails on a chosen port that is taken', async () => {
    const port = await freePort();
    const holder = await startNats({ dir: path.join(folder.path, 'holder'), port, configuration });
    try {
      const second = startNats({ dir: path.join(folder.path, 'second'), port, configuration });
      await expect(second).rejects.toMatchObject({ portTaken: true });
    } finally {
      await holder.stop();
    }
  });

  it('is a version that the bootstrap has checked', async () => {
    const { stdout } = await run(natsServerBinary(), ['--version']);
    expect(stdout).toMatch(/^nats-server: v2\.(1[2-9]|[2-9]\d)\./);
  });
});

describe('a process that started a server', () => {
  const program = (detached: boolean) => `
    import { startNats } from ${JSON.stringify(built)};
    const configuration = ({ port }) => 'listen: "127.0.0.1:' + port + '"';
    const server = await startNats({ dir: ${JSON.stringify(path.join(folder.path, 'nats'))}, detached: ${detached}, configuration });
    console.log(server.pid);
    setInterval(() => {}, 1_000);`;

  async function serverOfAKilledProcess(detached: boolean) {
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program(detached)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const server = identify(Number(line))!;
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    return server;
  }

  it('takes it along when it is killed', async () => {
    const server = await serverOfAKilledProcess(false);
    expect(await eventually(() => !stillRuns(server), 5_000)).toBe(true);
  });

  it('leaves it running when it was detached, for a later process to find and end', async () => {
    const server = await serverOfAKilledProcess(true);
    expect(await eventually(() => !stillRuns(server), 500)).toBe(false);
    expect(stillRuns({ ...server, startTicks: '1' })).toBe(false);
    await end(server.pid, 'SIGTERM', 5_000);
    expect(stillRuns(server)).toBe(false);
  });
});
