/** Sealed versions, ready to be opened: their material never changes, so that it needs no revision. */
import { type ReadyVersion, readyVersion, type VersionContext } from '@keytrail/crypto';
import type { CacheReadings } from '@keytrail/service';
import { BoundedCache } from '../bounded-cache.js';
import { groupedLoader, type Load } from '../grouped-loader.js';
import type { Keyring } from '../key/keyring.js';
import type { Database } from '../vault.ports.js';
import { loadVersions } from './sealed-version.store.js';

/**
 * Of the key's object and of what it has outside of the heap, and of the views on what is sealed: measured, as the
 * growth of the whole process.
 */
const READY_BYTES = 1_100;

export interface MaterialCacheParts {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly maxBytes: number;
}

export class MaterialCache {
  private readonly held: BoundedCache<ReadyVersion>;
  private readonly loadOne: Load<VersionContext, ReadyVersion | null>;

  constructor(private readonly parts: MaterialCacheParts) {
    this.held = new BoundedCache({
      maxBytes: parts.maxBytes,
      bytesOf: ({ sealed, associatedData }) => READY_BYTES + sealed.length + associatedData.length,
    });
    this.loadOne = groupedLoader({ load: (contexts) => this.loadAll(contexts), nameOf: keyOf });
  }

  /** Null where it is not at hand: it has to be loaded. */
  known(context: VersionContext): ReadyVersion | null {
    return this.held.find(keyOf(context)) ?? null;
  }

  /** Null where there is none; throws DecryptionFailed where its key does not unwrap. */
  load(context: VersionContext): Promise<ReadyVersion | null> {
    return this.loadOne(context);
  }

  /** What was looked up as known, and what is kept. */
  readings(): CacheReadings {
    return this.held.readings();
  }

  private async loadAll(contexts: readonly VersionContext[]): Promise<readonly Promise<ReadyVersion | null>[]> {
    const asked = contexts.map(({ secret, version }) => ({ secretId: secret, version }));
    const stored = await loadVersions(this.parts.database, asked);
    return contexts.map(async (context, i) => {
      const sealed = stored[i] ?? null;
      const keys = await this.parts.keyring.of(context.workspace);
      if (keys === null || sealed === null) return null;
      const ready = readyVersion({ kek: keys.kek, context, ...sealed });
      this.held.keep(keyOf(context), ready);
      return ready;
    });
  }
}

/** Of everything that a version is bound to: what stands in one place opens in no other. */
const keyOf = ({ workspace, secret, version }: VersionContext): string => `${workspace}/${secret}/${version}`;
