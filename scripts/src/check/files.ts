// Reads the repository's own text files, whether or not the folder is a git checkout.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A text file of the repository. */
export interface TextFile {
  /** The path from the root of the repository, with `/` between folders. */
  readonly path: string;
  readonly text: string;
}

const made = new Set(['node_modules', 'dist', 'coverage', '.cache', '.keytrail', '.nx', '.git']);

/** The paths below `root` of all files that people wrote: everything but what tools made or fetched. */
export function listFiles(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (made.has(entry.name) || path.endsWith('.tsbuildinfo')) return [];
    return entry.isDirectory() ? listFiles(root, path) : [path];
  });
}

/** The sources, manifests and configurations among the files below `root`, read. */
export function readFiles(root: string): readonly TextFile[] {
  return listFiles(root)
    .filter((path) => /\.(?:[cm]?[jt]sx?|json)$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
