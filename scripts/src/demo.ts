/** `npm run demo`: the main job from end to end on throw-away data, with the curl behind each step. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { randomBytes } from '@keytrail/crypto';
import { temporaryFolder } from '@keytrail/testing';
import { tellStory, type DemoResult } from './demo/story.js';
import { startSystem } from './system.js';

const usage = `npm run demo [-- --json]

Starts a Keytrail of its own on throw-away data, in which an administrator, a service in another process and an analyst
each do their part with a credential of their own: keys are stored, obtained, revoked and rotated, one is asked for too
often and held back for a while, a denial is explained, a token is taken away, and the audit tells who did all of it. The
story goes to stderr, one JSON object to stdout.
Exits 1 if anything in it is false.

  --json   without the story
  --help   this text`;

async function run(say: (line: string) => void): Promise<DemoResult> {
  const since = performance.now();
  const folder = await temporaryFolder();
  say('starting a Keytrail of its own: PostgreSQL, nats-server, and all services');
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  const dir = path.join(folder.path, 'keytrail');
  try {
    const system = await startSystem({ dir, throwaway: true, onNotice: say, signal: interrupted.signal });
    try {
      const told = await tellStory({ system, seed: randomBytes(8).toString('hex'), say });
      return { ...told, seconds: Math.round((performance.now() - since) / 100) / 10 };
    } finally {
      await system.stop();
    }
  } finally {
    await folder.remove();
  }
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help) process.stdout.write(`${usage}\n`);
else {
  const result = await run((line) => void (values.json || process.stderr.write(`${line}\n`)));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (Object.values(result).includes(false)) process.exitCode = 1;
}
