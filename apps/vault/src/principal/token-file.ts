/** Writes what tells a token into a file that only its owner can read. */
import fs from 'node:fs/promises';

/**
 * The file at `path`, mode 0600, becomes the JSON of what `produce` answers, all of it or nothing. It is opened before
 * anything is produced, so that no token is made which then cannot be told.
 */
export async function writeTokenFile<T extends object>(path: string, produce: () => Promise<T>): Promise<T> {
  const fresh = `${path}.${process.pid}.new`;
  const file = await fs.open(fresh, 'wx', 0o600);
  try {
    const told = await produce();
    await file.writeFile(`${JSON.stringify(told, null, 2)}\n`);
    await file.sync();
    await fs.rename(fresh, path);
    return told;
  } catch (error) {
    await fs.rm(fresh, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
