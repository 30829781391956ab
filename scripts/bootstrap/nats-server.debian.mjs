// Fetches nats-server from Debian or Ubuntu through apt itself: the machine's mirror, proxy and keyring, but folders of
// our own.
import fs from 'node:fs';
import path from 'node:path';
import { output, say } from './shell.mjs';

/** Where each distribution keeps the newest packages, and what signs them. */
const distributions = {
  debian: {
    suites: (codename) => ['sid', `${codename}-backports`, 'testing'],
    component: 'main',
    keyrings: ['/usr/share/keyrings/debian-archive-keyring.pgp', '/usr/share/keyrings/debian-archive-keyring.gpg'],
  },
  ubuntu: {
    suites: (codename) => ['devel', codename],
    component: 'universe',
    keyrings: ['/usr/share/keyrings/ubuntu-archive-keyring.gpg'],
  },
};

/** Downloads the package into `folder`, unpacks it there and returns the path of the program. Nothing is installed. */
export async function fetchFromDebian(folder) {
  const { ID: id, VERSION_CODENAME: codename } = osRelease();
  const distribution = distributions[id];
  if (!distribution) throw new Error('this is neither Debian nor Ubuntu');
  const keyring = distribution.keyrings.find((file) => fs.existsSync(file));
  if (!keyring) throw new Error(`the distribution's keyring is not there (${distribution.keyrings.join(', ')})`);
  const mirrors = await mirrorsOf(codename);
  if (mirrors.length === 0) throw new Error(`apt is configured with no mirror of ${codename}`);

  say('nats-server: fetching it through apt, about 20 MB');
  const failures = [];
  for (const suite of distribution.suites(codename)) {
    for (const mirror of mirrors) {
      const source = `deb [arch=amd64 signed-by=${keyring}] ${mirror} ${suite} ${distribution.component}`;
      try {
        return await download(fs.mkdtempSync(path.join(folder, 'apt-')), source);
      } catch (error) {
        failures.push(`${suite}: ${lastError(error)}`);
      }
    }
  }
  throw new Error(failures.join('\n'));
}

// apt reads its own sources, whichever of their formats they are in, and says what it would fetch.
async function mirrorsOf(codename) {
  const listing = await output('apt-get', ['--print-uris', 'update'], { env: quiet });
  const uris = [...listing.matchAll(/^'([^']+)'/gm)].map(([, uri]) => uri);
  const end = `/dists/${codename}/InRelease`;
  return [...new Set(uris.filter((uri) => uri.endsWith(end)).map((uri) => uri.slice(0, -end.length)))];
}

async function download(folder, source) {
  const configuration = path.join(folder, 'apt.conf');
  for (const name of ['state/lists/partial', 'cache/archives/partial']) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(path.join(folder, 'sources.list'), `${source}\n`);
  fs.writeFileSync(configuration, configurationFor(folder));
  const apt = (...args) => output('apt-get', ['--config-file', configuration, ...args], { cwd: folder, env: quiet });
  await apt('update', '--error-on=any');
  await apt('download', 'nats-server');
  const archive = fs.readdirSync(folder).find((name) => name.endsWith('.deb'));
  await output('dpkg-deb', ['--extract', path.join(folder, archive), path.join(folder, 'package')]);
  return path.join(folder, 'package/usr/sbin/nats-server');
}

// The sandbox user could not enter a folder of mode 0700; the machine's hooks are for the machine's own lists.
function configurationFor(folder) {
  return `#clear APT::Update;
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "1";
Dir::State "${folder}/state";
Dir::State::Lists "${folder}/state/lists";
Dir::Cache "${folder}/cache";
Dir::Etc::SourceList "${folder}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
`;
}

const quiet = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };

function osRelease() {
  const text = fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '';
  return Object.fromEntries([...text.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, name, value]) => [name, value]));
}

function lastError(error) {
  const lines = (error.stderr ?? error.message).trim().split('\n');
  return lines.find((line) => /^[EW]:/.test(line)) ?? lines.at(-1);
}
