/** A cache that is bounded by the bytes that it holds, and counts who has found something in it. */
import type { CacheReadings } from '@keytrail/service';
import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, stringBytes } from './estimated-bytes.js';

export interface BoundedCacheOptions<V> {
  /** What was not used for longest is forgotten where it takes more. */
  readonly maxBytes: number;
  /** What a value takes, beside its key and the entry around both. */
  readonly bytesOf: (value: V) => number;
}

export class BoundedCache<V extends object> {
  private readonly held: LRUCache<string, V>;
  private hits = 0;
  private misses = 0;

  constructor({ maxBytes, bytesOf }: BoundedCacheOptions<V>) {
    this.held = new LRUCache<string, V>({
      maxSize: maxBytes,
      sizeCalculation: (value, key) => Math.ceil(ENTRY_BYTES + stringBytes(key) + bytesOf(value)),
    });
  }

  /** What is there, counted as a hit or a miss. */
  find(key: string): V | undefined {
    const found = this.held.get(key);
    if (found === undefined) this.misses++;
    else this.hits++;
    return found;
  }

  /** What is there, for whoever goes and looks in any case. */
  peek(key: string): V | undefined {
    return this.held.get(key);
  }

  /** A value that is larger than all the room there is, is not kept. */
  keep(key: string, value: V): void {
    this.held.set(key, value);
  }

  readings(): CacheReadings {
    return { hits: this.hits, misses: this.misses, bytes: this.held.calculatedSize };
  }
}
