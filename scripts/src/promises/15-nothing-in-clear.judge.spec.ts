/** The judge of the search, and the search itself, find what is planted for them. */
import { describe, expect, it } from '@jest/globals';
import { encodingsOf } from '@keytrail/testing';
import { canariesOf, endsOf, type Canary } from './15-canaries.js';
import { misplacedOverHttp, misplacedOverNats } from './15-misplaced.js';
import { judgeClear, type ClearHistory, type Sighting } from './15-nothing-in-clear.judge.js';
import { search } from './15-search.js';

const [decoy] = canariesOf('decoy', 1) as [Canary];
const encodings = [...encodingsOf(Buffer.from(decoy.value)).keys()];
const sightings: readonly Sighting[] = encodings.map((encoding) => ({ place: 'log', encoding, canary: 4 }));
const token: Sighting = { place: 'keys/token', encoding: 'raw', canary: 3 };
const good: ClearHistory = {
  canaries: 4,
  stored: 3,
  intact: 3,
  requests: 9,
  places: 20,
  planted: ['log'],
  found: [...sightings, token],
  kept: [{ place: 'keys/token', canary: 3 }],
};

const broken = (planted: Partial<ClearHistory>) => judgeClear({ ...good, ...planted }).violations;

it('a good history has nothing against it', () => {
  expect(judgeClear(good)).toEqual({
    tried: 4,
    violations: [],
    details: { values: 3, credentials: 1, hits: 0, requests: 9, placesSearched: 20, encodings: 10, decoysFound: 10 },
  });
});

describe('a search', () => {
  const hit: Sighting = { place: 'pg_wal', encoding: 'hex', canary: 3 };
  it.each<[string, Partial<ClearHistory>, string]>([
    ['with a hit', { found: [...sightings, hit, hit] }, 'value 3 stands in pg_wal as hex'],
    ['with a token in another’s file', { kept: [{ place: 'keys/token', canary: 2 }] }, 'value 3 stands in keys/token'],
    ['with a token elsewhere', { kept: [{ place: 'keys/other', canary: 3 }] }, 'value 3 stands in keys/token'],
    ['that is blind to a form', { found: sightings.slice(1) }, 'blind: it does not see log as raw'],
    ['for nothing', { planted: [] }, 'shows nothing'],
    ['for values that were lost', { intact: 2 }, '1 values were not obtained'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });

  it('that is blind to a place is found', () => {
    expect(broken({ planted: ['log', 'table'] })).toHaveLength(10);
  });
});

describe('a canary', () => {
  it('is found by either end, in every form', async () => {
    const [first, last] = endsOf(decoy) as [Buffer, Buffer];
    const forms = [first, last].flatMap((end) => [...encodingsOf(end).values()]);
    const haystack = { place: 'here', read: async () => Buffer.concat(forms.flatMap((form) => [Buffer.of(0), form])) };
    const found = await search([haystack], [first, last, Buffer.from('absent from there')]);
    for (const needle of [0, 1])
      expect(found.filter((each) => each.needle === needle).map(({ encoding }) => encoding)).toEqual(encodings);
    expect(found.filter(({ needle }) => needle === 2)).toEqual([]);
  });

  it.each(canariesOf('places', 4))('of the shape $shape stands in every request that misplaces it', (canary) => {
    const around = { known: 'tenant.acme.provider.known', absent: 'tenant.acme.provider.absent' };
    const texts = [
      ...[...misplacedOverHttp(canary, around).values()].map((request) => JSON.stringify(request)),
      ...misplacedOverNats(canary, around).map((body) => JSON.stringify(body)),
    ];
    expect(texts.length).toBeGreaterThan(30);
    const tail = canary.value.slice(-12);
    for (const text of texts) expect(decodeURIComponent(text.replaceAll('%', '%25'))).toContain(tail);
  });
});
