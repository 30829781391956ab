// Generated documents: they say what the sources say, or else they are written anew.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventsPage } from '../generate/events-page.js';
import type { Finding } from './finding.js';

const generated: Readonly<Record<string, () => string>> = { 'docs/events.md': eventsPage };

/** Finds documents that are missing, or differ from what the sources say. */
export function documents(root: string): readonly Finding[] {
  return Object.entries(generated).flatMap(([file, generate]) => {
    const path = join(root, file);
    const present = existsSync(path) ? readFileSync(path, 'utf8') : null;
    const wanted = generate();
    if (present === wanted) return [];
    const what = present === null ? 'is missing' : 'differs from what the sources say';
    const line = firstDifference(present ?? '', wanted);
    return [{ file, line, rule: 'documents', what, remedy: 'npm run check -- --fix' }];
  });
}

/** Writes them all as the sources say. */
export function writeDocuments(root: string): void {
  for (const [file, generate] of Object.entries(generated)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), generate());
  }
}

/** The line, counted from 1, on which two texts begin to differ. */
function firstDifference(one: string, other: string): number {
  const lines = other.split('\n');
  return one.split('\n').findIndex((line, index) => line !== lines[index]) + 1 || lines.length;
}
