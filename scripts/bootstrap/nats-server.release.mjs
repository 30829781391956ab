// Fetches nats-server from its official release on GitHub, checked against the release's checksums.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { output, say } from './shell.mjs';

const version = 'v2.15.1';
const name = `nats-server-${version}-linux-amd64`;
const release = `https://github.com/nats-io/nats-server/releases/download/${version}`;

/** Downloads the release into `folder`, unpacks it there and returns the path of the program. */
export async function fetchFromRelease(folder) {
  say(`nats-server: fetching ${version} from its official release, about 10 MB`);
  const archive = `${name}.tar.gz`;
  const expected = checksum((await download(`${release}/SHA256SUMS`)).toString('utf8'), archive);
  const bytes = await download(`${release}/${archive}`);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== expected) throw new Error(`${archive} has the SHA-256 ${actual}, its release says ${expected}`);
  fs.writeFileSync(path.join(folder, archive), bytes);
  await output('tar', ['-xzf', path.join(folder, archive), '-C', folder]);
  return path.join(folder, name, 'nats-server');
}

async function download(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) }).catch((error) => {
    throw new Error(`${url}: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

function checksum(sums, file) {
  const line = sums.split('\n').find((each) => each.trim().split(/\s+\*?/)[1] === file);
  const hex = line?.trim().split(/\s+/)[0] ?? '';
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new Error(`the release's SHA256SUMS does not name ${file}`);
  return hex;
}
