/** How fast a principal may open sessions: each costs a key agreement, a row, and one use of the system's key. */
import type { Principal } from '@keytrail/contracts';
import { LRUCache } from 'lru-cache';

const WINDOW_MS = 60_000;
const PRINCIPALS = 10_000;

interface Window {
  readonly endsMs: number;
  taken: number;
}

/** Of one replica. */
export class SetUpPace {
  private readonly windows = new LRUCache<Principal, Window>({ max: PRINCIPALS });

  constructor(private readonly perMinute = 600) {}

  /** Whether this principal may open one more; `nowMs` in epoch milliseconds. */
  take(principal: Principal, nowMs: number): boolean {
    const known = this.windows.get(principal);
    const window = known !== undefined && known.endsMs > nowMs ? known : { endsMs: nowMs + WINDOW_MS, taken: 0 };
    this.windows.set(principal, window);
    return ++window.taken <= this.perMinute;
  }
}
