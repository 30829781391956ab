/** Looks for canary values in every file below a folder, in every form in which they could stand there. */
import fs from 'node:fs';
import path from 'node:path';
import { findCanary, type CanaryEncoding } from '@keytrail/testing';

export interface FileFinding {
  /** From the folder that was searched. */
  readonly file: string;
  readonly canary: number;
  readonly encoding: CanaryEncoding;
}

/** Every file below a folder, links followed: PostgreSQL's data may stand elsewhere. */
export function filesBelow(folder: string): readonly string[] {
  return fs.readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const stat = fs.statSync(file);
    if (stat.isDirectory()) return filesBelow(file);
    return stat.isFile() ? [file] : [];
  });
}

/** Searches whole files: nothing is skipped by name, type or size. */
export function searchFolder(folder: string, canaries: readonly Buffer[]): readonly FileFinding[] {
  return filesBelow(folder).flatMap((file) =>
    findCanary(fs.readFileSync(file), canaries).map(({ canary, encoding }) => ({
      file: path.relative(folder, file),
      canary,
      encoding,
    })),
  );
}
