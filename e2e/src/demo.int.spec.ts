/** The demo and the list of benchmarks, run as a person runs them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

const scripts = path.resolve(import.meta.dirname, '../../scripts/dist');

async function run(script: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [path.join(scripts, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}

it('the demo tells its story, ends in one JSON object, and finds every access in the audit', async () => {
  const { stdout, stderr, code } = await run('demo.js');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] as string)).toEqual({
    principals: 3,
    stored: 8,
    decrypted: 461,
    plaintextMatches: true,
    // Two workspaces, eight secrets, a revocation and its refusal; two principals with three roles and a token each; a
    // quarantine, its refusal, its release, and what the analyst was refused; a token's revocation, its refusal, and
    // that of another session; two versions by rotation, a policy, three steps of two rotations, one finding, and each
    // access once.
    auditEvents: 2 + 8 + 1 + 1 + (2 + 3 + 2) + (3 + 1) + 1 + 1 + 1 + 2 + 1 + 2 * 3 + 1 + 461,
    everyAccessAudited: true,
    everyEntryNamesItsActor: true,
    refusedAfterRevoke: true,
    denialExplained: true,
    heldBackInQuarantine: true,
    obtainedAfterRelease: true,
    analystMayNotStore: true,
    refusedAfterTokenRevoked: true,
    findings: 1,
    rotations: 2,
    seconds: expect.any(Number),
  });
  expect(stderr).toContain('curl -H');
  expect(code).toBe(0);
});

it('the benchmarks are listed, and an unknown one is refused', async () => {
  expect(await run('bench.js')).toMatchObject({ code: 0, stdout: expect.stringContaining('decrypt') });
  expect(await run('bench.js', 'nothing')).toMatchObject({ code: 2, stderr: expect.stringContaining('"nothing"') });
});
