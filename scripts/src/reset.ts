/** `npm run reset`: stops the local system and deletes its state. */
import fs from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { end, removeFolder } from '@keytrail/testing';
import { endLeftovers, remembered } from './process-files.js';
import { localState, stateFolder } from './state-folder.js';

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Delete it? [y/N] ');
  terminal.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

async function reset(yes: boolean): Promise<void> {
  const { run } = stateFolder(localState);
  if (!fs.existsSync(localState)) return say('There is no .keytrail/: nothing to delete.');
  const supervisor = remembered(run, 'supervisor');
  say('This deletes .keytrail/: the root key, the database with every stored key and the whole audit, tokens, logs.');
  if (supervisor) say(`It stops the system that runs there as process ${supervisor.pid}.`);
  if (!yes && !(await confirmed())) {
    say('Nothing was deleted; run it with `npm run reset -- --yes`.');
    process.exitCode = 1;
    return;
  }
  if (supervisor) await end(supervisor.pid, 'SIGTERM', 60_000);
  for (const line of await endLeftovers(run)) say(line);
  await removeFolder(localState);
  say('.keytrail/ is deleted.');
}

try {
  const { values } = parseArgs({ options: { yes: { type: 'boolean', short: 'y' }, help: { type: 'boolean' } } });
  if (values.help) say('npm run reset [-- --yes]\n\nStops the local system and deletes .keytrail/.');
  else await reset(values.yes ?? false);
} catch (error) {
  process.stderr.write(`keytrail: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
