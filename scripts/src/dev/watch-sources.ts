/** The sources as somebody edits them: compiled after each edit, and told as apps and libs that are made anew. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface WatchOptions {
  /** Ends the watching. */
  readonly signal: AbortSignal;
  /** Takes what the compiler says of sources that do not compile. */
  readonly onMistakes: (said: string) => void;
}

/** An editor saves in several steps, and a checkout changes many files. */
const SETTLE_MS = 100;

/**
 * Yields the folders below `repository`, such as `apps/vault`, whose compiled files differ from those before; never
 * empty.
 * The compiler's own watching misses an edit that follows soon upon another one (TypeScript 7.0.2).
 */
export async function* watchSources(
  repository: string,
  { signal, onMistakes }: WatchOptions,
): AsyncGenerator<readonly string[]> {
  const rooms = fs.globSync('{apps,libs}/*/src', { cwd: repository }).map((sources) => path.dirname(sources));
  let edited = Promise.withResolvers<void>();
  const ring = (): void => edited.resolve();
  for (const room of rooms)
    fs.watch(path.join(repository, room, 'src'), { recursive: true, signal }).on('change', ring);
  signal.addEventListener('abort', ring);
  let known = outputs(repository, rooms);
  // What was edited before somebody watched is compiled at once.
  ring();
  for (;;) {
    await edited.promise;
    if (signal.aborted) return;
    await sleep(SETTLE_MS);
    edited = Promise.withResolvers();
    const mistakes = await compile(repository);
    if (mistakes !== null) onMistakes(mistakes);
    if (mistakes !== null) continue;
    const now = outputs(repository, rooms);
    const changed = rooms.filter((room) => known.get(room) !== now.get(room));
    known = now;
    if (changed.length > 0) yield changed;
  }
}

/** What the compiler says of mistakes; null where there are none. */
async function compile(repository: string): Promise<string | null> {
  const compiler = spawn(process.execPath, [path.join(repository, 'node_modules/typescript/bin/tsc'), '--build'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(compiler.stdout), once(compiler, 'exit')]);
  return code === 0 ? null : said;
}

/** By folder, the latest moment at which one of its compiled files was written. */
function outputs(repository: string, rooms: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    rooms.map((room) => {
      const files = fs.globSync('dist/**/*.js', { cwd: path.join(repository, room) });
      const times = files.map((file) => fs.statSync(path.join(repository, room, file)).mtimeMs);
      return [room, Math.max(0, ...times)];
    }),
  );
}
