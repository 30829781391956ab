/** Streams that are kept folded: what is known may be old, what is current is not, and what was once can be told. */
import { beforeEach, expect, it } from '@jest/globals';
import type { EventId, Principal, Workspace } from '@keytrail/contracts';
import { memoryJournal } from '@keytrail/eventsourcing';
import { FoldedStreams } from './folded-streams.js';
import type { VaultJournal } from './vault.ports.js';

interface Added {
  readonly type: 'Added';
  readonly data: { readonly amount: number };
}

const fold = {
  initial: { sum: 0 },
  evolve: ({ sum }: { readonly sum: number }, { data }: Added) => ({ sum: sum + data.amount }),
};
const facts = { principal: 'a'.repeat(26) as Principal, workspace: 'acme' as Workspace, requestId: 'r', detail: {} };
const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();

let minute = 0;
let loads: { stream: string; after: number | undefined }[] = [];
let journal: VaultJournal;
let streams: FoldedStreams<{ readonly sum: number }, Added>;

beforeEach(() => {
  [minute, loads] = [0, []];
  let ids = 0;
  const memory = memoryJournal({ newId: () => String(++ids) as EventId, now: () => at(minute) });
  journal = {
    ...memory,
    load: (stream: string, after?: number) => {
      loads.push({ stream, after });
      return memory.load(stream, after);
    },
  } as unknown as VaultJournal;
  streams = new FoldedStreams(journal, fold, 2);
});

async function add(stream: string, amount: number): Promise<void> {
  minute++;
  const event: Added = { type: 'Added', data: { amount } };
  const { length: revision } = await journal.load(stream);
  const of = { stream, aggregate: 'sum', subject: stream, facts, withdraws: false };
  await journal.append({ ...of, expectedRevision: revision, events: [event] });
  loads = [];
}

it('what is known is what was there when somebody last looked', async () => {
  await add('a', 1);
  expect(await streams.known('a')).toMatchObject({ revision: 1, state: { sum: 1 } });
  await add('a', 2);
  expect(await streams.known('a')).toMatchObject({ revision: 1, state: { sum: 1 } });
  expect(loads).toEqual([]);
  expect(await streams.current('a')).toEqual({ stream: 'a', revision: 2, state: { sum: 3 } });
  expect(await streams.known('a')).toMatchObject({ revision: 2 });
});

it('what is current costs no more than what has come since', async () => {
  await add('a', 1);
  await streams.current('a');
  await add('a', 2);
  await streams.current('a');
  expect(loads).toEqual([{ stream: 'a', after: 1 }]);
});

it('many who want to know at once load it once', async () => {
  await add('a', 1);
  const known = await Promise.all(Array.from({ length: 8 }, async () => streams.known('a')));
  expect(new Set(known).size).toBe(1);
  expect(loads).toHaveLength(1);
});

it('a look that comes back late takes nothing back', async () => {
  await add('a', 1);
  const late = streams.current('a');
  await add('a', 2);
  await streams.current('a');
  await late;
  expect(await streams.known('a')).toMatchObject({ revision: 2, state: { sum: 3 } });
});

it('a stream that is not there has amounted to nothing', async () => {
  expect(await streams.known('a')).toEqual({ stream: 'a', revision: 0, state: { sum: 0 } });
});

it('no more are kept than there is room for', async () => {
  for (const stream of ['a', 'b', 'c']) await streams.known(stream);
  loads = [];
  for (const stream of ['b', 'c', 'a']) await streams.known(stream);
  expect(loads).toEqual([{ stream: 'a', after: 0 }]);
});

it('a moment of the past is told as it stood', async () => {
  for (const amount of [1, 2, 4]) await add('a', amount);
  expect(await streams.asOf('a', at(2))).toEqual({ stream: 'a', revision: 2, state: { sum: 3 } });
  expect(await streams.asOf('a', at(0))).toMatchObject({ revision: 0, state: { sum: 0 } });
});
