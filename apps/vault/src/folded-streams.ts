/** Streams folded to what they amount to, kept in memory, and carried on with what has come since. */
import type { Decider, DomainEvent, Journal, Recorded, StreamRevision } from '@keytrail/eventsourcing';
import type { CacheReadings } from '@keytrail/service';
import { BoundedCache } from './bounded-cache.js';
import { estimatedBytes } from './estimated-bytes.js';
import { groupedLoader, type Load } from './grouped-loader.js';

/** What a stream amounts to at its revision; 0 where there is no such stream. */
export interface Folded<S> extends StreamRevision {
  readonly state: S;
}

/** Where streams are loaded from. */
export type History = Pick<Journal, 'load' | 'loadTogether'>;

/** Of what stands around a state; its stream's name is the key that it is kept under. */
const FOLDED_BYTES = 48;

type Fold<S, E> = Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>;

export class FoldedStreams<S extends object, E extends DomainEvent> {
  private readonly held: BoundedCache<Folded<S>>;
  private readonly loading = new Map<string, Promise<Folded<S>>>();
  private readonly carryOn: Load<string, Folded<S>>;
  private readonly loadAlone: Load<StreamRevision, readonly Recorded<E>[]>;

  /** `maxBytes`: so much is kept. */
  constructor(
    private readonly journal: History,
    private readonly fold: Fold<S, E>,
    maxBytes: number,
  ) {
    this.held = new BoundedCache({ maxBytes, bytesOf: ({ state }) => FOLDED_BYTES + estimatedBytes(state) });
    this.carryOn = groupedLoader({ load: (streams) => this.carryOnAll(streams), nameOf: (stream) => stream });
    // Few at a time: of a long stream all events are in memory before they are folded.
    this.loadAlone = groupedLoader({
      load: (alone) => Promise.all(alone.map(({ stream, revision }) => this.journal.load<E>(stream, revision))),
      nameOf: ({ stream, revision }) => `${revision} ${stream}`,
      groupItems: 1,
    });
  }

  /** As it was when somebody last looked: good for decisions that the fence checks, and for nothing else. */
  known(stream: string): Promise<Folded<S>> | Folded<S> {
    return this.held.find(stream) ?? this.loading.get(stream) ?? this.loadOnce(stream);
  }

  /** As it stands in the journal now. */
  current(stream: string): Promise<Folded<S>> {
    return this.carryOn(stream);
  }

  /** As it stood at a moment, RFC 3339. */
  async asOf(stream: string, moment: string): Promise<Folded<S>> {
    const all = await this.journal.load<E>(stream);
    const later = all.findIndex(({ time }) => time > moment);
    const past = later === -1 ? all : all.slice(0, later);
    const state = past.reduce((before, { event }) => this.fold.evolve(before, event), this.fold.initial);
    return { stream, revision: past.length, state };
  }

  /** What was looked up as known, and what is kept. */
  readings(): CacheReadings {
    return this.held.readings();
  }

  /** Whoever comes while it is loaded waits for the same. */
  private loadOnce(stream: string): Promise<Folded<S>> {
    const loading = this.carryOn(stream).finally(() => this.loading.delete(stream));
    this.loading.set(stream, loading);
    return loading;
  }

  /** Each is carried on by itself: one that is long, or that cannot be folded, is nobody else's concern. */
  private async carryOnAll(streams: readonly string[]): Promise<readonly Promise<Folded<S>>[]> {
    const known = streams.map((stream) => this.held.peek(stream) ?? { stream, revision: 0, state: this.fold.initial });
    const together = await this.journal.loadTogether<E>(known);
    return known.map(async (before) =>
      this.carriedOn(before, together.get(before.stream) ?? (await this.loadAlone(before))),
    );
  }

  private carriedOn({ stream, revision, state }: Folded<S>, fresh: readonly Recorded<E>[]): Folded<S> {
    const folded: Folded<S> = {
      stream,
      revision: revision + fresh.length,
      state: fresh.reduce((before, { event }) => this.fold.evolve(before, event), state),
    };
    const held = this.held.peek(stream);
    if (held === undefined || held.revision < folded.revision) this.held.keep(stream, folded);
    return folded;
  }
}
