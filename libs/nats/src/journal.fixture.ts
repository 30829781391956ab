/** A journal in memory for the relay to read, and marks in memory for it to keep. */
import type { EventId } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { JournalReader, RelayMark, RelayMarks, StoredEvent } from '@keytrail/eventsourcing';
import { RELAY_START } from '@keytrail/eventsourcing';

export class ReadableJournal implements JournalReader {
  readonly events: StoredEvent[] = [];

  add(count: number, time = new Date().toISOString()): void {
    for (let i = 0; i < count; i++) {
      const position = String(this.events.length + 1);
      const id = uuidv7() as EventId;
      const body = Buffer.from(JSON.stringify({ id, time, data: { position } }));
      const erasable = { salt: Buffer.alloc(16, i).toString('base64'), detail: JSON.stringify({ ip: '203.0.113.9' }) };
      const rest = i % 3 === 0 ? { salt: null, detail: null } : erasable;
      const mark = { tx: '700', position };
      this.events.push({
        mark,
        id,
        workspace: 'acme',
        aggregate: 'secret',
        type: 'SecretCreated',
        time,
        body,
        ...rest,
      });
    }
  }

  async readAfter({ position }: { readonly position: string }, limit: number): Promise<readonly StoredEvent[]> {
    return this.events.slice(Number(position), Number(position) + limit);
  }
}

/** Leadership is one lock per object; `forget` loses every later save, as a crash before it would. */
export class MemoryMarks implements RelayMarks {
  mark: RelayMark = RELAY_START;
  forget = false;
  private last: Promise<void> = Promise.resolve();

  async load(): Promise<RelayMark> {
    return this.mark;
  }

  async save(mark: RelayMark): Promise<void> {
    if (!this.forget) this.mark = mark;
  }

  async lead(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = this.last;
    let free = (): void => {};
    this.last = new Promise((resolve) => {
      free = resolve;
    });
    try {
      await before;
      if (!signal.aborted) await run(signal);
    } finally {
      free();
    }
  }
}
