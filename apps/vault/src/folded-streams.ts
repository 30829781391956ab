/** Streams folded to what they amount to, kept in memory, and carried on with what has come since. */
import type { Decider, DomainEvent, Journal, StreamRevision } from '@keytrail/eventsourcing';
import { LRUCache } from 'lru-cache';

/** What a stream amounts to at its revision; 0 where there is no such stream. */
export interface Folded<S> extends StreamRevision {
  readonly state: S;
}

/** Where streams are loaded from. */
export type History = Pick<Journal, 'load'>;

type Fold<S, E> = Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>;

export class FoldedStreams<S extends object, E extends DomainEvent> {
  private readonly held: LRUCache<string, Folded<S>>;
  private readonly loading = new Map<string, Promise<Folded<S>>>();

  /** `max`: so many streams are kept. */
  constructor(
    private readonly journal: History,
    private readonly fold: Fold<S, E>,
    max: number,
  ) {
    this.held = new LRUCache<string, Folded<S>>({ max });
  }

  /** As it was when somebody last looked: good for decisions that the fence checks, and for nothing else. */
  known(stream: string): Promise<Folded<S>> | Folded<S> {
    return this.held.get(stream) ?? this.loading.get(stream) ?? this.loadOnce(stream);
  }

  /** As it stands in the journal now. */
  async current(stream: string): Promise<Folded<S>> {
    const before = this.held.get(stream) ?? { stream, revision: 0, state: this.fold.initial };
    const fresh = await this.journal.load<E>(stream, before.revision);
    const folded: Folded<S> = {
      stream,
      revision: before.revision + fresh.length,
      state: fresh.reduce((state, { event }) => this.fold.evolve(state, event), before.state),
    };
    const held = this.held.get(stream);
    if (held === undefined || held.revision < folded.revision) this.held.set(stream, folded);
    return folded;
  }

  /** As it stood at a moment, RFC 3339. */
  async asOf(stream: string, moment: string): Promise<Folded<S>> {
    const all = await this.journal.load<E>(stream);
    const later = all.findIndex(({ time }) => time > moment);
    const past = later === -1 ? all : all.slice(0, later);
    const state = past.reduce((before, { event }) => this.fold.evolve(before, event), this.fold.initial);
    return { stream, revision: past.length, state };
  }

  /** Whoever comes while it is loaded waits for the same. */
  private loadOnce(stream: string): Promise<Folded<S>> {
    const loading = this.current(stream).finally(() => this.loading.delete(stream));
    this.loading.set(stream, loading);
    return loading;
  }
}
