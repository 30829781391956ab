/** Where a local system keeps its state, and the one way private files are written there. */
import fs from 'node:fs';
import path from 'node:path';

/** The root of the repository. */
export const repository = path.resolve(import.meta.dirname, '../..');

/** The state of `npm start`. */
export const localState = path.join(repository, '.keytrail');

/** The paths of one local system's state. */
export interface StateFolder {
  readonly dir: string;
  readonly rootKey: string;
  readonly devFile: string;
  /** One line for `curl --header @file`: the admin's `Authorization`. */
  readonly adminHeader: string;
  readonly postgres: string;
  readonly nats: string;
  readonly logs: string;
  /** nkey seeds, the admin's token, database URLs. */
  readonly keys: string;
  /** One file for each process, see process-files.ts. */
  readonly run: string;
}

/** Names the paths below `dir`; makes nothing. */
export function stateFolder(dir: string): StateFolder {
  const at = (name: string) => path.join(dir, name);
  return {
    dir,
    rootKey: at('root.key'),
    devFile: at('dev.json'),
    adminHeader: at('admin.header'),
    postgres: at('pg'),
    nats: at('nats'),
    logs: at('logs'),
    keys: at('keys'),
    run: at('run'),
  };
}

/** Makes the folders that are missing, none of them open to anybody else. */
export function makeFolders({ dir, logs, keys, run }: StateFolder): void {
  for (const folder of [dir, logs, keys, run]) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.chmodSync(dir, 0o700);
}

/** Writes a file of mode 0600 that is there as a whole or not at all, also after a kill -9. */
export function writePrivate(file: string, text: string): void {
  const fresh = `${file}.${process.pid}`;
  fs.rmSync(fresh, { force: true });
  fs.writeFileSync(fresh, text, { mode: 0o600, flag: 'wx', flush: true });
  fs.renameSync(fresh, file);
}

/** The content of a private file, which is made on first use. */
export function readOrMake(file: string, make: () => string): string {
  if (!fs.existsSync(file)) writePrivate(file, make());
  return fs.readFileSync(file, 'utf8');
}
