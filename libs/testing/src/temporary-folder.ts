/** A private folder that lasts as long as a test. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A folder of mode 0700 in the system's temporary folder. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** Deletes the folder with all it holds, PostgreSQL data that had to be placed elsewhere included. */
  remove(): Promise<void>;
}

/**
 * PostgreSQL data that cannot stay where it was asked for stands in folders that begin with this (see
 * postgres-account.ts).
 */
export const displacedPrefix = '/var/tmp/keytrail-postgres-';

/** Makes a new private folder. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'keytrail-'));
  const remove = () => removeFolder(folder);
  return { path: folder, remove, [Symbol.asyncDispose]: remove };
}

/**
 * Deletes a folder with all it holds and the displaced PostgreSQL data that links in it point to. Nothing happens when
 * it is absent.
 */
export async function removeFolder(folder: string): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    if (!entry.isSymbolicLink()) continue;
    const target = await fs.readlink(path.join(entry.parentPath, entry.name));
    if (target.startsWith(displacedPrefix)) await deleteAll(path.dirname(target));
  }
  await deleteAll(folder);
}

async function entriesOf(folder: string) {
  try {
    return await fs.readdir(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

// A server that was killed a moment ago may still write a last file.
function deleteAll(folder: string): Promise<void> {
  return fs.rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
