// Prepares a checkout (dependencies, nats-server, build) and runs one command on Node 24: `node scripts/bootstrap.mjs
// <command> [arguments]`.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { commands } from './bootstrap/commands.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { provideNatsServer } from './bootstrap/nats-server.mjs';
import { checkPlatform } from './bootstrap/platform.mjs';
import { Stop, inRoot, node, root, run, say } from './bootstrap/shell.mjs';
import { inTurn } from './bootstrap/turn.mjs';

async function prepare({ servers, build }) {
  checkPlatform();
  await inTurn(async () => {
    await installDependencies();
    if (servers) await provideNatsServer();
    if (build) await compile();
  });
}

async function compile() {
  if (!fs.existsSync(inRoot('scripts/dist'))) say('compiling for the first time');
  const code = await run(node, [inRoot('node_modules/typescript/bin/tsc'), '--build']);
  if (code !== 0) throw new Stop('the sources do not compile; what the compiler said stands above.');
}

/** Runs the command as if it had been started itself: same terminal, signals, exit code. */
function hand(args) {
  const bin = inRoot('node_modules/.bin');
  const child = spawn(node, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
  });
  // A terminal sends Ctrl-C to the child itself; passing it on as well would make two of it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const [name, ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : null;
try {
  if (!command) throw new Stop(`usage: node scripts/bootstrap.mjs ${Object.keys(commands).join(' | ')} [arguments]`);
  await prepare(command);
  hand(command.args(rest));
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = 1;
}
