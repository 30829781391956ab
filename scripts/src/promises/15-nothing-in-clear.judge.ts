/** Judges a search: what was found and must not be there, and what was planted and must be found. */
import type { CanaryEncoding } from '@keytrail/testing';
import type { Verdict } from './proof.js';

export interface Sighting {
  readonly place: string;
  readonly encoding: CanaryEncoding;
  /** By number; the one after the last is the decoy. */
  readonly canary: number;
}

export interface ClearHistory {
  /** Values and credentials. */
  readonly canaries: number;
  /** How many values were stored, and how many of them obtained as they were. */
  readonly stored: number;
  readonly intact: number;
  /** Requests in which one was misplaced. */
  readonly requests: number;
  /** Files, tables and answers that were searched. */
  readonly places: number;
  /** Where the decoy was planted, in every encoding. */
  readonly planted: readonly string[];
  readonly found: readonly Sighting[];
  /** Files that are there to hold a credential: each of that one alone. */
  readonly kept: readonly Pick<Sighting, 'place' | 'canary'>[];
}

/** All that was looked for. */
export const ENCODINGS = [
  'raw',
  'json',
  'base64+0',
  'base64+1',
  'base64+2',
  'base64url+0',
  'base64url+1',
  'base64url+2',
  'hex',
  'HEX',
] as const satisfies readonly CanaryEncoding[];

/** Promise 15: no canary anywhere in any form; and the decoy wherever it was planted, in every form. */
export function judgeClear(history: ClearHistory): Verdict {
  const { canaries, stored, intact, requests, places, planted, found, kept } = history;
  const isKept = ({ place, canary, encoding }: Sighting): boolean =>
    /^(?:raw|json)$/.test(encoding) && kept.some((file) => file.place === place && file.canary === canary);
  const hits = found.filter((sighting) => sighting.canary < canaries && !isKept(sighting));
  const seen = new Set(
    found.filter(({ canary }) => canary === canaries).map(({ place, encoding }) => `${place} as ${encoding}`),
  );
  const expected = planted.flatMap((place) => ENCODINGS.map((encoding) => `${place} as ${encoding}`));
  return {
    tried: canaries,
    violations: [
      ...(planted.length > 0 && requests > 0 ? [] : ['nothing was planted or nothing asked: this run shows nothing']),
      ...(intact === stored ? [] : [`${stored - intact} values were not obtained as they were stored`]),
      ...new Set(hits.map(({ place, encoding, canary }) => `value ${canary} stands in ${place} as ${encoding}`)),
      ...expected.filter((spot) => !seen.has(spot)).map((spot) => `the search is blind: it does not see ${spot}`),
    ],
    details: {
      values: stored,
      credentials: canaries - stored,
      hits: hits.length,
      requests,
      placesSearched: places,
      encodings: ENCODINGS.length,
      decoysFound: seen.size,
    },
  };
}
