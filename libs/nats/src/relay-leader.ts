/**
 * What the leading relay does: keeps the stream a copy of the journal, message n being event n, and stops where it is
 * not.
 */
import type { JournalReader, RelayMark, RelayMarks, StoredEvent } from '@keytrail/eventsourcing';
import { RELAY_START } from '@keytrail/eventsourcing';
import type { BusConnection } from './connect.js';
import type { EventStream } from './event-stream.js';
import type { Log } from './log.js';
import type { Doorbell } from './pause.js';
import { pause } from './pause.js';
import type { Seen } from './stream-health.js';
import { damageOf } from './stream-health.js';

const BATCH = 500;
const BUSY_POLL_MS = 20;
const IDLE_POLL_MS = 250;
const INSPECT_EVERY_MS = 1_000;
const SAVE_EVERY_MS = 200;
const RETRY_FIRST_MS = 50;
const RETRY_LAST_MS = 2_000;

/** Stream and journal contradict each other: no program can know which is right. */
export class RelayDiverged extends Error {
  override readonly name = 'RelayDiverged';
  readonly code = 'relay.diverged';
  readonly retryable = false;
}

export interface LeaderParts {
  readonly stream: EventStream;
  readonly reader: JournalReader;
  readonly marks: RelayMarks;
  readonly connection: BusConnection;
  readonly bell: Doorbell;
  readonly log: Log;
  readonly maxAgeMs: number;
  /** Told after each step: where the stream stands, and since when (epoch ms) its next event waits; null for none. */
  readonly onProgress: (ordinal: number, waitingSinceMs: number | null) => void;
  /** Told when a damaged stream is about to be thrown away. */
  readonly onRebuild: () => void;
}

/**
 * One term of leadership. Every message n that any relay ever publishes is event n, sent on the condition that event n
 * - 1
 * is the last: so a time-out, a late message or a second leader can do no harm, and after any refusal a look at the
 * last
 * message tells where to go on.
 */
export class RelayLeader {
  private mark: RelayMark = RELAY_START;
  private saved: { mark: RelayMark; atMs: number } = { mark: RELAY_START, atMs: 0 };
  private seen: Seen | null = null;
  private idleMs = BUSY_POLL_MS;

  constructor(private readonly parts: LeaderParts) {}

  /** Runs until `signal` aborts. Throws {@link RelayDiverged}, and whatever loading the mark throws. */
  async run(signal: AbortSignal): Promise<void> {
    this.mark = await this.parts.marks.load();
    this.saved = { mark: this.mark, atMs: Date.now() };
    let retryMs = RETRY_FIRST_MS;
    while (!signal.aborted) {
      if (!this.parts.connection.isConnected()) {
        await pause(RETRY_FIRST_MS, signal);
        continue;
      }
      try {
        await this.settle();
        await this.pump(signal);
        retryMs = RETRY_FIRST_MS;
      } catch (error) {
        if (error instanceof RelayDiverged) throw error;
        this.parts.log.warn({ err: error, ordinal: this.mark.ordinal }, 'the relay was interrupted and tries again');
        await pause(retryMs, signal);
        retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
      }
    }
    await this.save();
  }

  /** Brings mark and stream together: a damaged stream is made afresh, a mark that fell behind is moved forward. */
  private async settle(): Promise<void> {
    const facts = await this.parts.stream.inspect();
    if (facts === null) return this.rebuild(this.mark.ordinal === 0 ? null : 'it was lost');
    const damage = damageOf(facts, this.seen, this.parts.maxAgeMs);
    if (damage !== null) return this.rebuild(damage);
    if (facts.lastSeq < this.mark.ordinal) return this.rebuild('its end was lost');
    const lastId = facts.lastSeq === 0 ? null : await this.parts.stream.eventIdAt(facts.lastSeq);
    if (facts.lastSeq > this.mark.ordinal) {
      if (lastId === null) return this.rebuild('its last message has aged out before it was accounted for');
      this.advance(await this.markAt(facts.lastSeq));
    }
    if (lastId !== null && lastId !== this.mark.eventId)
      throw new RelayDiverged(`message ${facts.lastSeq} of the stream is not event ${facts.lastSeq} of the journal`);
    this.seen = facts;
  }

  /** Never in place: within the dedupe window an emptied stream would swallow its own events. */
  private async rebuild(reason: string | null): Promise<void> {
    if (reason !== null) {
      this.parts.onRebuild();
      this.parts.log.error(
        { reason, ordinal: this.mark.ordinal },
        'the event stream is deleted and filled again from its journal',
      );
    }
    await this.parts.stream.recreate();
    this.seen = null;
    this.advance(RELAY_START);
    await this.save();
  }

  private async markAt(ordinal: number): Promise<RelayMark> {
    let mark = this.mark;
    while (mark.ordinal < ordinal) {
      const events = await this.parts.reader.readAfter(mark, Math.min(BATCH, ordinal - mark.ordinal));
      if (events.length === 0)
        throw new RelayDiverged(`the stream has ${ordinal} messages, but its journal has only ${mark.ordinal} events`);
      mark = markAfter(mark, events);
    }
    return mark;
  }

  /** Publishes what the journal has, until it is time to look at the stream again. */
  private async pump(signal: AbortSignal): Promise<void> {
    const inspectAtMs = Date.now() + INSPECT_EVERY_MS;
    while (!signal.aborted && Date.now() < inspectAtMs) {
      const events = await this.parts.reader.readAfter(this.mark, BATCH);
      await this.publish(events);
      if (events.length === 0 || Date.now() - this.saved.atMs > SAVE_EVERY_MS) await this.save();
      if (events.length === 0) {
        this.parts.onProgress(this.mark.ordinal, null);
        await this.parts.bell.listen(this.idleMs, signal);
        this.idleMs = Math.min(this.idleMs * 2, IDLE_POLL_MS);
      } else if (events.length < BATCH) {
        // A moment's wait lets a batch gather, whoever rings.
        await pause(BUSY_POLL_MS, signal);
        this.idleMs = BUSY_POLL_MS;
      }
    }
  }

  private async publish(events: readonly StoredEvent[]): Promise<void> {
    const [first] = events;
    if (first === undefined) return;
    const from = this.mark.ordinal;
    this.parts.onProgress(from, Date.parse(first.time));
    const { seq, duplicate } = await this.parts.stream.publishAll(events, from + 1);
    const due = from + events.length;
    if (duplicate || seq !== due)
      throw new RelayDiverged(`event ${due} was acknowledged as ${duplicate ? 'a duplicate, ' : ''}${seq}`);
    this.advance(markAfter(this.mark, events));
  }

  private advance(mark: RelayMark): void {
    this.mark = mark;
    this.parts.onProgress(mark.ordinal, null);
  }

  /** The mark may be saved late: after a crash the stream itself tells how far it has come. */
  private async save(): Promise<void> {
    if (this.saved.mark !== this.mark) await this.parts.marks.save(this.mark);
    this.saved = { mark: this.mark, atMs: Date.now() };
  }
}

function markAfter(mark: RelayMark, events: readonly StoredEvent[]): RelayMark {
  const last = events.at(-1);
  if (last === undefined) return mark;
  return { ...last.mark, ordinal: mark.ordinal + events.length, eventId: last.id, time: last.time };
}
