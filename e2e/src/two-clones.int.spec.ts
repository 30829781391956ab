/**
 * Two clones of the repository side by side, each with its own `npm start`: neither sees the other, and both survive
 * what people do to them.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, identify, isRunning, stillRuns } from '@keytrail/testing';
import { makeClone, ordinaryAccount, ownAccount, type Clone, type Started } from './two-clones.fixture.js';

const reference = 'tenant.acme.openai.prod';
const values = [`first-${Math.random()}`, `second-${Math.random()}`] as const;
const other = ordinaryAccount();

const whose = other ? 'one of root and one of an ordinary user' : 'both of the user who runs this test';

describe(`two clones in private folders, ${whose}`, () => {
  const clones: Clone[] = [];
  const started: Started[] = [];
  const pair = () => clones as [Clone, Clone];

  beforeAll(async () => {
    for (const account of [ownAccount, other ?? ownAccount]) clones.push(await makeClone(account));
    const starts = await Promise.allSettled(clones.map((clone) => clone.start()));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    started.push(...starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : [])));
  }, 180_000);
  afterAll(async () => {
    for (const clone of clones) await clone.remove();
  }, 60_000);

  async function post(clone: Clone, below: string, body: object): Promise<number> {
    const { gatewayUrl, adminToken } = clone.devFile();
    const response = await fetch(`${gatewayUrl}/api/v1/${below}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await response.body?.cancel();
    return response.status;
  }

  const decrypted = async (clone: Clone) => (await clone.npm('run', '-s', 'decrypt', '--', reference)).stdout;

  async function decrypts(clone: Clone): Promise<unknown> {
    const { gatewayUrl, adminToken } = clone.devFile();
    const response = await fetch(`${gatewayUrl}/api/v1/audit/events?action=decrypt`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    return ((await response.json()) as { items: unknown[] }).items.length;
  }

  it('run side by side, each with keys of its own that nobody else can read', async () => {
    for (const [i, clone] of clones.entries()) {
      expect(await post(clone, 'workspaces', { slug: 'acme' })).toBe(201);
      expect(await post(clone, 'secrets', { reference, value: { text: values[i] } })).toBe(201);
      expect(fs.statSync(path.join(clone.folder, '.keytrail')).mode & 0o777).toBe(0o700);
    }
    expect(await Promise.all(clones.map(decrypted))).toEqual(values);
    const [one, two] = pair().map((clone) => clone.devFile());
    expect(two?.gatewayUrl).not.toBe(one?.gatewayUrl);
    expect(two?.adminToken).not.toBe(one?.adminToken);
  });

  it('belong each to an account of its own', () => {
    const owners = pair().map((clone) => fs.statSync(`/proc/${clone.devFile().pids.supervisor}`).uid);
    expect(owners).toEqual([ownAccount.uid, (other ?? ownAccount).uid]);
  });

  it('say where they run when they are started once more', async () => {
    for (const clone of clones) {
      const { gatewayUrl, pids } = clone.devFile();
      const { code, stderr } = await clone.npm('start');
      expect([code, stderr.trim().split('\n').at(-1)]).toEqual([
        0,
        `keytrail: already running as process ${pids.supervisor}: ${gatewayUrl}`,
      ]);
      expect(clone.devFile().pids).toEqual(pids);
    }
  });

  it('are started again after kill -9, with all that was stored and nothing left over', async () => {
    const [one, two] = pair();
    const left = two.processes().map((pid) => identify(pid)!);
    expect(left.length).toBeGreaterThan(8);
    const undisturbed = one.devFile().pids;
    process.kill(two.devFile().pids.supervisor, 'SIGKILL');
    expect((await started[1]!.ended).code).not.toBe(0);
    started[1] = await two.start();
    expect(left.filter(stillRuns)).toEqual([]);
    expect(await decrypted(two)).toBe(values[1]);
    expect(await decrypts(two)).toBe(2);
    expect(one.devFile().pids).toEqual(undisturbed);
    expect(Object.values(undisturbed).filter((pid) => !isRunning(pid))).toEqual([]);
    expect(await decrypted(one)).toBe(values[0]);
  });

  it('stop at Ctrl-C with exit code 0, and leave no process', async () => {
    const said = await Promise.all(started.map((each) => each.interrupt()));
    expect(said.map(({ code, stderr }) => [code, stderr.trim().split('\n').at(-1)])).toEqual(
      said.map(() => [0, 'keytrail: stopped']),
    );
    for (const clone of clones) {
      expect(await eventually(() => clone.processes().length === 0, 5_000)).toBe(true);
    }
  });
});
