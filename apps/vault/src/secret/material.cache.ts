/** Sealed material, kept in memory: it never changes, so that it needs no revision. */
import type { SealedVersion } from '@keytrail/crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type Database, DATABASE } from '../vault.ports.js';
import { loadVersion } from './sealed-version.store.js';

const CACHED_BYTES = 64 * 1024 * 1024;

@Injectable()
export class MaterialCache {
  private readonly held = new LRUCache<string, SealedVersion>({
    maxSize: CACHED_BYTES,
    sizeCalculation: ({ ciphertext, wrappedKey }) => ciphertext.length + wrappedKey.length,
  });

  constructor(@Inject(DATABASE) private readonly database: Database) {}

  /** Null where there is none. */
  async of(secretId: string, version: number): Promise<SealedVersion | null> {
    const key = `${secretId}/${version}`;
    const known = this.held.get(key) ?? (await loadVersion(this.database, { secretId, version }));
    if (known !== null) this.held.set(key, known);
    return known;
  }
}
