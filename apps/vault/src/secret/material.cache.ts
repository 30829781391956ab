/** Sealed versions, ready to be opened: their material never changes, so that it needs no revision. */
import { type ReadyVersion, readyVersion, type VersionContext } from '@keytrail/crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Keyring } from '../key/keyring.js';
import { type Database, DATABASE } from '../vault.ports.js';
import { loadVersion } from './sealed-version.store.js';

const CACHED_BYTES = 64 * 1024 * 1024;
/** Of a key outside of the heap, and what is around it. */
const OVERHEAD_BYTES = 1_024;

@Injectable()
export class MaterialCache {
  private readonly held = new LRUCache<string, ReadyVersion>({
    maxSize: CACHED_BYTES,
    sizeCalculation: ({ sealed }) => sealed.length + OVERHEAD_BYTES,
  });

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  /** Null where it is not at hand: it has to be loaded. */
  known(context: VersionContext): ReadyVersion | null {
    return this.held.get(keyOf(context)) ?? null;
  }

  /** Null where there is none; throws DecryptionFailed where its key does not unwrap. */
  async load(context: VersionContext): Promise<ReadyVersion | null> {
    const { workspace, secret, version } = context;
    const [keys, stored] = await Promise.all([
      this.keyring.of(workspace),
      loadVersion(this.database, { secretId: secret, version }),
    ]);
    if (keys === null || stored === null) return null;
    const ready = readyVersion({ kek: keys.kek, context, ...stored });
    this.held.set(keyOf(context), ready);
    return ready;
  }
}

/** Of everything that a version is bound to: what stands in one place opens in no other. */
const keyOf = ({ workspace, secret, version }: VersionContext): string => `${workspace}/${secret}/${version}`;
