/** What a query leaves behind: nothing that outlives the next collections of the young generation. */
import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { type JournalFixture, openJournalFixture } from './journal.fixture.js';

let fixture: JournalFixture;
beforeAll(async () => {
  fixture = await openJournalFixture();
}, 60_000);
afterAll(() => fixture?.close());

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as (options: { readonly type: 'minor' | 'major' }) => void;

const oldBytes = (): number =>
  v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? Number.NaN;

/** A thousand texts of 300 characters, of which nothing is kept; what is young is collected as often as it ages. */
async function readAndForget(): Promise<void> {
  const { rows } = await sql<{ text: string }>`
    select repeat('x', 300) as text from generate_series(1, 1000)`.execute(fixture.database);
  expect(rows).toHaveLength(1_000);
}

it('rows do not reach the old generation', async () => {
  await readAndForget();
  collect({ type: 'major' });
  const before = oldBytes();
  for (let n = 0; n < 50; n++) {
    await readAndForget();
    collect({ type: 'minor' });
    collect({ type: 'minor' });
  }
  // All of them together are fifteen megabytes and more.
  expect(oldBytes() - before).toBeLessThan(3_000_000);
});
