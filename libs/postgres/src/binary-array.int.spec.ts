/** Arrays in PostgreSQL's binary form, told by PostgreSQL: what goes in is what is there. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import {
  byteaArray,
  int4Array,
  int8Array,
  textArray,
  textAsBytea,
  timestamptzArray,
  uuidArray,
} from './binary-array.js';
import { type JournalFixture, openJournalFixture } from './journal.fixture.js';

let fixture: JournalFixture;
let client: Client;
beforeAll(async () => {
  fixture = await openJournalFixture();
  client = new Client({ connectionString: fixture.serviceUrl });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client?.end();
  await fixture?.close();
});

/** What PostgreSQL makes of the elements, as JSON. */
async function told(array: Buffer, type: string, as = 'to_json(each)'): Promise<unknown> {
  const { rows } = await client.query<{ told: unknown }>(
    `select coalesce(json_agg(${as} order by place), '[]') as told from unnest($1::${type}[]) with ordinality u (each, place)`,
    [array],
  );
  return rows[0]?.told;
}

const orNull = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values, { freq: 3 }), { maxLength: 8 });
const whatever = { numRuns: 50 };

it('texts, and NULL among them', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', ',', ' ', '\n', 'ü', '😀', '\u0001') });
  await fc.assert(
    fc.asyncProperty(orNull(text), async (values) => expect(await told(textArray(values), 'text')).toEqual(values)),
    whatever,
  );
  expect(await told(textArray(['NULL', '', null]), 'text')).toEqual(['NULL', '', null]);
});

it('bytes, and texts as their UTF-8', async () => {
  const hex = "encode(each, 'hex')";
  await fc.assert(
    fc.asyncProperty(orNull(fc.uint8Array({ maxLength: 20 })), async (values) =>
      expect(await told(byteaArray(values), 'bytea', hex)).toEqual(
        values.map((bytes) => bytes && Buffer.from(bytes).toString('hex')),
      ),
    ),
    whatever,
  );
  expect(await told(textAsBytea(['ü', '']), 'bytea', hex)).toEqual(['c3bc', '']);
});

it('integers to the last safe one, of either sign', async () => {
  const { MAX_SAFE_INTEGER: most, MIN_SAFE_INTEGER: least } = Number;
  const edges = [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 31, most, least, null];
  expect(await told(int8Array(edges), 'bigint')).toEqual(edges);
  await fc.assert(
    fc.asyncProperty(orNull(fc.maxSafeInteger()), async (values) =>
      expect(await told(int8Array(values), 'bigint')).toEqual(values),
    ),
    whatever,
  );
  expect(await told(int4Array([0, -1, 2 ** 31 - 1]), 'int')).toEqual([0, -1, 2 ** 31 - 1]);
});

it('UUIDs and moments', async () => {
  const ids = ['0198c6e0-0000-7000-8000-0000000000ff', null, 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
  expect(await told(uuidArray(ids), 'uuid')).toEqual(ids);
  const moments = ['1969-12-31T23:59:59.999Z', '2000-01-01T00:00:00.000Z', '2120-02-29T12:34:56.789Z'];
  expect(
    await told(timestamptzArray([...moments.map((each) => Date.parse(each)), null]), 'timestamptz', 'rfc3339(each)'),
  ).toEqual([...moments, null]);
});
