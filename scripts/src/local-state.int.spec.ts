/** The state folder of a local system: private, kept, held by one process, and free of strangers' processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadRootKey } from '@keytrail/crypto';
import { claimPort, freePort, identify, isRunning, temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { AlreadyClaimed, claim } from './claim.js';
import { localKeys } from './local-keys.js';
import { endLeftovers, remember, remembered } from './process-files.js';
import { makeFolders, stateFolder, type StateFolder } from './state-folder.js';

let folder: TemporaryFolder;
let state: StateFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
  state = stateFolder(path.join(folder.path, '.keytrail'));
  makeFolders(state);
});
afterEach(() => folder.remove());

describe('local keys', () => {
  it('are the same at every start', () => {
    const first = localKeys(state);
    const second = localKeys(state);
    expect(second.identities).toEqual(first.identities);
    expect(loadRootKey(fs.readFileSync(state.rootKey, 'utf8'))).toBeDefined();
  });

  it('are readable by their owner alone', () => {
    localKeys(state);
    const entries = fs.readdirSync(state.dir, { recursive: true, encoding: 'utf8' });
    const open = entries.filter((name) => (fs.statSync(path.join(state.dir, name)).mode & 0o077) !== 0);
    expect(entries.length).toBeGreaterThan(10);
    expect(open).toEqual([]);
  });

  it('give each identity the seed that its file holds', () => {
    const { identities, seedFile } = localKeys(state);
    for (const identity of [identities.vault.rpc, identities.audit.events, identities.callout.user]) {
      expect(fs.readFileSync(seedFile(identity), 'utf8')).toBe(identity.seed);
    }
  });

  it('of two folders have nothing in common', () => {
    const other = stateFolder(path.join(folder.path, 'other'));
    makeFolders(other);
    const [a, b] = [localKeys(state), localKeys(other)];
    expect(a.identities.vault.rpc.principal).not.toBe(b.identities.vault.rpc.principal);
  });
});

describe('a state folder', () => {
  it('is held by one at a time, under whatever name it is reached', async () => {
    const held = await claim(state.dir);
    const link = path.join(folder.path, 'link');
    fs.symlinkSync(state.dir, link);
    await expect(claim(link)).rejects.toBeInstanceOf(AlreadyClaimed);
    held.release();
    const again = await claim(link);
    again.release();
  });

  it('is free again as soon as its holder was killed', async () => {
    const program = `
      import { claim } from ${JSON.stringify(path.resolve(import.meta.dirname, '../dist/claim.js'))};
      await claim(${JSON.stringify(state.dir)});
      setInterval(() => {}, 1_000);
      console.log('held');`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(claim(state.dir)).rejects.toBeInstanceOf(AlreadyClaimed);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const held = await claim(state.dir);
    held.release();
  });
});

describe('a port', () => {
  async function listenAnywhere(): Promise<net.Server> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  async function closed(server: net.Server): Promise<void> {
    server.close();
    await once(server, 'close');
  }

  async function unclaimedPort(): Promise<number> {
    const server = await listenAnywhere();
    const { port } = server.address() as net.AddressInfo;
    await closed(server);
    return port;
  }

  it('goes to one of two systems that start at once, before either listens there', async () => {
    const port = await unclaimedPort();
    const claims = await Promise.all([claimPort(port), claimPort(port)]);
    const [held, ...more] = claims.filter((each) => each !== null);
    expect(more).toEqual([]);
    held?.release();
    const again = await claimPort(port);
    expect(again).not.toBeNull();
    again?.release();
  });

  it('that is given out as free is given to nobody else, and not by what the system gives at random', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, freePort));
    expect(new Set(ports).size).toBe(50);
    expect(await Promise.all(ports.map(claimPort))).toEqual(ports.map(() => null));
    const [first] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
    expect(Math.max(...ports)).toBeLessThan(first as number);
  });

  it('is refused, and not kept from others, while anybody listens there', async () => {
    const stranger = await listenAnywhere();
    const { port } = stranger.address() as net.AddressInfo;
    expect(await claimPort(port)).toBeNull();
    await closed(stranger);
    const held = await claimPort(port);
    expect(held).not.toBeNull();
    held?.release();
  });
});

describe('leftovers of a kill -9', () => {
  it('are ended and named, strangers under the same process id are not', async () => {
    const children = [spawn('sleep', ['600']), spawn('sleep', ['600'])];
    const [ours, stranger] = children.map(({ pid }) => Number(pid)) as [number, number];
    try {
      remember(state.run, 'nats', ours);
      const earlier = { ...identify(stranger), startTicks: '1' };
      fs.writeFileSync(path.join(state.run, 'postgres.json'), JSON.stringify(earlier));
      expect(remembered(state.run, 'nats')?.pid).toBe(ours);
      expect(remembered(state.run, 'postgres')).toBeNull();

      expect(await endLeftovers(state.run)).toEqual([
        `ended nats (process ${ours}), left over from a start that was killed`,
      ]);
      expect([ours, stranger].map(isRunning)).toEqual([false, true]);
      expect(await endLeftovers(state.run)).toEqual([]);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
