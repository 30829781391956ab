/** Judges a bus that was wiped: what it held before against what it holds now, and what its reader made of it. */
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';

/** A message of the stream; `digest` covers subject, `ce-*` headers and body. */
export interface Message {
  readonly sequence: number;
  readonly id: string;
  readonly digest: string;
}

/** One wipe. */
export interface Wipe {
  readonly how: string;
  /** Age of the last message when the stream was filled again, in ms. */
  readonly youngestMs: number;
  /** All messages, in order, just before. */
  readonly before: readonly Message[];
  /** As many messages, in order, once the stream was filled again. */
  readonly after: readonly Message[];
}

export interface BusHistory {
  readonly wipes: readonly Wipe[];
  /** Ids in the journal's order when everything had ended. */
  readonly journal: readonly string[];
  /** The stream when everything had ended. */
  readonly stream: readonly Message[];
  /** What the reader of the stream holds, by ordinal. */
  readonly reader: readonly { readonly ordinal: number; readonly id: string }[];
}

/** Within it JetStream takes an event that it has had before for a duplicate, and that is what has to be outwitted. */
const DEDUPE_WINDOW_MS = 120_000;

/**
 * Promise 7: the same messages at the same places, each event of the journal once, and a reader that noticed nothing.
 */
export function judgeRebuiltBus({ wipes, journal, stream, reader }: BusHistory): Verdict {
  const inOrder = (what: string, ids: readonly string[]) => {
    const first = journal.findIndex((id, i) => id !== ids[i]);
    if (first >= 0) return [`${what} is not the journal: event ${first + 1} is not at its place`];
    return ids.length === journal.length ? [] : [`${what} holds ${ids.length - journal.length} events too many`];
  };
  return {
    tried: wipes.length,
    violations: [
      ...(wipes.every(({ before }) => before.length > 0) ? [] : ['an empty stream was wiped: this run shows nothing']),
      ...wipes.flatMap(differences),
      ...inOrder(
        'the stream',
        stream.map(({ id }) => id),
      ),
      ...inOrder(
        'the reader',
        reader.map(({ id }) => id),
      ),
      ...reader
        .filter(({ ordinal }, i) => ordinal !== i + 1)
        .map(({ id }) => `the reader has event ${id} at a wrong ordinal`),
    ],
    details: {
      ways: Object.fromEntries(countsOf(wipes.map(({ how }) => how))),
      messagesCompared: wipes.reduce((sum, { before }) => sum + before.length, 0),
      events: journal.length,
      youngestMs: Math.round(Math.max(0, ...wipes.map(({ youngestMs }) => youngestMs))),
    },
  };
}

function differences({ how, youngestMs, before, after }: Wipe, n: number): readonly string[] {
  const wipe = `wipe ${n + 1} (${how})`;
  const changed = before.filter(
    ({ sequence, digest }, i) => sequence !== after[i]?.sequence || digest !== after[i]?.digest,
  );
  return [
    ...(youngestMs < DEDUPE_WINDOW_MS ? [] : [`${wipe} took so long that it shows nothing about the dedupe window`]),
    ...(changed.length === 0
      ? []
      : [`${wipe}: ${changed.length} messages are not what they were, the first is ${changed[0]?.sequence}`]),
    ...(after.length === before.length ? [] : [`${wipe}: ${before.length} messages have become ${after.length}`]),
  ];
}
