/** `npm run logs`: the end of the local system's logs. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { localState, stateFolder } from './state-folder.js';

const usage = `npm run logs [-- [-f] [-n <lines>] [<process> ...]]

Prints the last lines of each log in .keytrail/logs/; -f goes on with what is added.`;

const fail = (message: string): void => {
  process.stderr.write(`keytrail: ${message}\n`);
  process.exitCode = 1;
};

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      follow: { type: 'boolean', short: 'f' },
      lines: { type: 'string', short: 'n', default: '20' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const { logs } = stateFolder(localState);
  const present = fs.existsSync(logs) ? fs.readdirSync(logs).filter((name) => name.endsWith('.log')) : [];
  const wanted = positionals.length > 0 ? positionals.map((name) => `${name}.log`) : present;
  const absent = wanted.find((name) => !present.includes(name));
  if (absent !== undefined) return fail(`there is no log ${absent}; there are: ${present.join(', ') || 'none'}`);
  if (wanted.length === 0) return fail('there are no logs yet: run npm start first');
  const follow = values.follow ? ['--follow=name', '--retry'] : [];
  const tail = spawn('tail', [...follow, '-n', values.lines, '--', ...wanted], {
    cwd: path.resolve(logs),
    stdio: 'inherit',
  });
  // Ctrl-C ends tail, and with it this command.
  process.on('SIGINT', () => {});
  tail.once('exit', (code) => (process.exitCode = code ?? 0));
}

try {
  main();
} catch (error) {
  fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
}
