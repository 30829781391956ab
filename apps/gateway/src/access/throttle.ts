/** Guessing is slow: whoever shows credentials in vain too often has to wait, and nobody else with them. */
import { sha256Hex } from '@keytrail/crypto';
import { Refusal } from '../http/problem.js';
import type { Authenticator } from './authenticator.js';
import { networkOf } from './network.js';

export interface ThrottleOptions {
  /** How many attempts in vain a network has within `windowMs`. */
  readonly failures: number;
  readonly windowMs: number;
  /**
   * How many networks are remembered, and how many good tokens; the one that would be forgiven first, and the one that
   * was shown longest ago, are forgotten first.
   */
  readonly networks: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

interface Window {
  readonly endsMs: number;
  failed: number;
}

const USUAL: ThrottleOptions = { failures: 10, windowMs: 60_000, networks: 10_000, now: Date.now };

/**
 * Refuses with `auth.throttled` where a network has used up its attempts; what succeeds costs none. A token that was
 * good a while ago is asked about all the same: many may share an address with whoever is guessing there.
 */
export function throttled(authenticator: Authenticator, options: ThrottleOptions = USUAL): Authenticator {
  const { failures, windowMs, networks, now } = options;
  // In the order in which they began, and so in that in which they end.
  const windows = new Map<string, Window>();
  const currentOf = (network: string): Window | undefined => {
    const window = windows.get(network);
    if (window === undefined || window.endsMs > now()) return window;
    windows.delete(network);
    return undefined;
  };
  // Of tokens, as nobody should find them here.
  const good = new Set<string>();
  const remember = (digest: string): void => {
    good.delete(digest);
    good.add(digest);
    const [oldest] = good;
    if (good.size > networks && oldest !== undefined) good.delete(oldest);
  };
  const fail = (network: string): void => {
    const window = currentOf(network) ?? { endsMs: now() + windowMs, failed: 0 };
    window.failed++;
    windows.set(network, window);
    const [first] = windows.keys();
    if (windows.size > networks && first !== undefined) windows.delete(first);
  };
  return {
    authenticate: async (token, from) => {
      const network = networkOf(from.edge.ip);
      const window = currentOf(network);
      const digest = sha256Hex(Buffer.from(token));
      if (window !== undefined && window.failed >= failures && !good.has(digest))
        throw new Throttled(window.endsMs - now());
      try {
        const caller = await authenticator.authenticate(token, from);
        remember(digest);
        return caller;
      } catch (error) {
        if (error instanceof Refusal && error.code === 'auth.invalid') {
          good.delete(digest);
          fail(network);
        }
        throw error;
      }
    },
  };
}

class Throttled extends Refusal {
  override readonly retryAfterSeconds: number;

  constructor(waitMs: number) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
    super('auth.throttled', `too many tokens from this address were not valid: wait ${seconds} s`);
    this.retryAfterSeconds = seconds;
  }
}
