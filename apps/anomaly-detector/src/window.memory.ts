/** The windows of the secrets that are in use, in memory, so that a batch need not read them: a cache of the tables. */
import type { Reference } from '@keytrail/contracts';
import type { Database, DatabaseTransaction } from '@keytrail/postgres';
import type { RateRule } from './window.js';
import { SecretWindows } from './window.js';
import { loadWindows, windowStateOf } from './window.store.js';

interface Remembered {
  readonly version: string;
  readonly windows: SecretWindows;
  readonly weight: number;
}

/** What a transaction takes: the windows of `references`, each at the version that the table has of it. */
export interface Taking {
  readonly references: readonly Reference[];
  readonly versions: ReadonlyMap<string, string>;
  /** The version that it leaves behind; no other transaction ever had it. */
  readonly next: string;
}

/** In stamps, each of which is two numbers: some hundred megabytes. */
const CAPACITY = 4_000_000;

/** What a secret takes beside its stamps, in stamps. */
const SECRET_WEIGHT = 50;

/**
 * What is remembered of a secret counts only while it bears the version that the table has. A transaction that was
 * rolled
 * back has left its version nowhere, and another process leaves one of its own: so nothing is ever undone here.
 */
export class WindowMemory {
  /** The one that was used last stands last. */
  private readonly secrets = new Map<Reference, Remembered>();
  private weight = 0;

  constructor(
    private readonly rules: readonly RateRule[],
    private readonly capacity: number = CAPACITY,
  ) {}

  /** Reads what is not remembered as it stands, ahead of the transaction that needs it and has to be short. */
  async prepare(database: Database, references: readonly Reference[]): Promise<void> {
    const { versions } = await windowStateOf(database, references);
    for (const reference of references) {
      const version = versions.get(reference);
      if (version === undefined || this.secrets.get(reference)?.version === version) continue;
      const stored = await loadWindows(database, reference);
      this.remember(reference, stored.version, new SecretWindows(this.rules, stored));
    }
  }

  /** The windows as the transaction finds them, for it to change. */
  async take(tx: DatabaseTransaction, taking: Taking): Promise<ReadonlyMap<Reference, SecretWindows>> {
    const taken = new Map<Reference, SecretWindows>();
    for (const reference of taking.references)
      taken.set(reference, await this.find(tx, reference, taking.versions.get(reference)));
    for (const [reference, windows] of taken) this.remember(reference, taking.next, windows);
    return taken;
  }

  private async find(database: Database, reference: Reference, version: string | undefined): Promise<SecretWindows> {
    if (version === undefined) return new SecretWindows(this.rules);
    const known = this.secrets.get(reference);
    if (known?.version === version) return known.windows;
    return new SecretWindows(this.rules, await loadWindows(database, reference));
  }

  private remember(reference: Reference, version: string, windows: SecretWindows): void {
    this.forget(reference);
    const weight = SECRET_WEIGHT + windows.size;
    this.secrets.set(reference, { version, windows, weight });
    this.weight += weight;
    for (const oldest of this.secrets.keys()) {
      if (this.weight <= this.capacity) break;
      this.forget(oldest);
    }
  }

  private forget(reference: Reference): void {
    this.weight -= this.secrets.get(reference)?.weight ?? 0;
    this.secrets.delete(reference);
  }
}
