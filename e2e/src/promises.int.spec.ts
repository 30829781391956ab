/** The promises, put to the test at a tiny scale as a person does it: one line each, and none broken. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

const script = path.resolve(import.meta.dirname, '../../scripts/dist/verify-promises.js');

async function verify(...args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: code as number };
}

it('every promise that is built is kept', async () => {
  const { stdout, stderr, code } = await verify('--json', '--scale', '0.01', '--seed', 'e2e');
  const lines = stdout.trimEnd().split('\n');
  const findings = lines.map((line) => JSON.parse(line) as Record<string, unknown> & { readonly promise: number });
  const whenBroken = stderr.split('\n').slice(-40).join('\n');
  expect({ findings: findings.filter(({ violations }) => violations !== 0), whenBroken }).toEqual({
    findings: [],
    whenBroken,
  });
  const inOrder = findings.toSorted((a, b) => a.promise - b.promise);
  expect(inOrder.map(({ promise }) => promise)).toEqual([1, 2, 3, 4, 5, 6, 7, 11, 12, 15, 16, 20]);
  for (const { promise, ...finding } of inOrder) {
    expect(finding).toMatchObject({
      name: expect.any(String),
      tried: expect.any(Number),
      violations: 0,
      seconds: expect.any(Number),
      seed: 'e2e',
      repeat: `npm run verify:promises -- --only ${promise} --seed e2e --scale 0.01`,
    });
    expect(finding['tried']).toBeGreaterThan(0);
    // A matrix is tried as a whole, or it is none.
    expect(finding['belowFullScale'] ?? false).toBe(promise !== 20);
  }
  expect(code).toBe(0);
}, 300_000);

it('what cannot be asked for is said', async () => {
  expect(await verify('--only', '8')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('1,2,3,4,5,6,7,11,12,15,16,20'),
  });
  expect(await verify('--scale', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('--scale') });
});
