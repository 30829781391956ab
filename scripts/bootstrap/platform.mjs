// Says in one sentence when this machine cannot run Keytrail's commands.
import { Stop } from './shell.mjs';

/** Throws unless this is Linux x64 with glibc and Node 20 or newer. */
export function checkPlatform() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < 20) {
    throw new Stop(
      `Node ${process.versions.node} is too old: install Node 20 or newer; Keytrail brings its own Node 24 from there.`,
    );
  }
  const libc = glibcVersion() ? 'glibc' : 'another C library';
  if (process.platform === 'linux' && process.arch === 'x64' && libc === 'glibc') return;
  throw new Stop(
    `Keytrail's commands run on Linux x64 with glibc; this is ${process.platform} ${process.arch} with ${libc}. ` +
      'Use a container: docker run --rm -it --init --platform linux/amd64 -v "$PWD":/keytrail -w /keytrail node:24-bookworm bash',
  );
}

function glibcVersion() {
  if (process.platform !== 'linux') return undefined;
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}
