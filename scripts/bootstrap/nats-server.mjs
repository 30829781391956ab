// Finds or fetches a nats-server that is new enough, and keeps it below .cache/.
import fs from 'node:fs';
import path from 'node:path';
import { fetchFromDebian } from './nats-server.debian.mjs';
import { fetchFromRelease } from './nats-server.release.mjs';
import { Stop, inRoot, output, say } from './shell.mjs';

/** Older ones lack features that Keytrail uses and carry known vulnerabilities. */
const oldest = '2.12.6';
const cache = inRoot('.cache/nats-server');

/**
 * Makes sure that there is a nats-server of version 2.12.6 or newer, and throws with all that was tried when there
 * cannot be one.
 */
export async function provideNatsServer() {
  const chosen = process.env.KEYTRAIL_NATS_SERVER;
  if (chosen) {
    const version = await versionOf(chosen);
    if (version && atLeast(version, oldest)) return;
    throw new Stop(
      `KEYTRAIL_NATS_SERVER is ${chosen}, which is ${version ?? 'no nats-server that runs'}; it has to be ${oldest} or newer.`,
    );
  }
  if (await cached()) return;
  fs.mkdirSync(cache, { recursive: true });
  for (const name of fs.readdirSync(cache).filter(isUnfinished)) fs.rmSync(path.join(cache, name), { recursive: true });
  const tried = [];
  for (const source of sources) {
    const folder = fs.mkdtempSync(path.join(cache, unfinished));
    try {
      const version = await keep(await source.fetch(folder));
      say(`nats-server ${version} ${source.done}`);
      return;
    } catch (error) {
      tried.push(`  ${source.name}: ${error.message.trim().replace(/\n/g, '\n    ')}`);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new Stop(
    `no nats-server ${oldest} or newer could be had. Tried:\n${tried.join('\n')}\n` +
      'Install one and put it on the PATH, or set KEYTRAIL_NATS_SERVER to its path.',
  );
}

const unfinished = '.fetch-';
const isUnfinished = (name) => name.startsWith(unfinished);

const sources = [
  { name: 'the PATH', fetch: fetchFromPath, done: 'copied from the PATH' },
  { name: 'apt', fetch: fetchFromDebian, done: 'fetched through apt' },
  { name: 'the official release', fetch: fetchFromRelease, done: 'fetched from its official release' },
];

async function fetchFromPath() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const found = folders.map((folder) => path.join(folder, 'nats-server')).find((file) => fs.existsSync(file));
  if (!found) throw new Error('there is none');
  return found;
}

async function cached() {
  const versions = fs.existsSync(cache) ? fs.readdirSync(cache).filter((name) => /^\d+\.\d+\.\d+$/.test(name)) : [];
  for (const version of versions) {
    if (atLeast(version, oldest) && (await versionOf(path.join(cache, version, 'nats-server'))) === version)
      return true;
  }
  return false;
}

// Renamed into place, so that whoever looks sees all of it or nothing.
async function keep(file) {
  const version = await versionOf(file);
  if (!version) throw new Error(`${file} does not run here`);
  if (!atLeast(version, oldest)) throw new Error(`it has only ${version}`);
  const folder = fs.mkdtempSync(path.join(cache, unfinished));
  try {
    fs.copyFileSync(file, path.join(folder, 'nats-server'));
    fs.chmodSync(path.join(folder, 'nats-server'), 0o755);
    fs.mkdirSync(path.join(cache, version), { recursive: true });
    fs.renameSync(path.join(folder, 'nats-server'), path.join(cache, version, 'nats-server'));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return version;
}

async function versionOf(file) {
  const said = await output(file, ['--version']).catch(() => '');
  return /^nats-server: v(\d+\.\d+\.\d+)/.exec(said)?.[1];
}

function atLeast(version, minimum) {
  return version.localeCompare(minimum, 'en', { numeric: true }) >= 0;
}
