/** What a draft would change: accesses that would be decided differently, put together by who, what and how. */
import type { WhatIfChange } from '@keytrail/contracts';
import type { Access } from './access.view.js';

/** How an access is decided as things stand, and how it would be with the draft in force: by `decidedBy`. */
export interface Verdict {
  readonly isAllowed: boolean;
  readonly wouldBeAllowed: boolean;
  readonly decidedBy: readonly string[];
}

/** So many fit a message, each at its longest. */
const CHANGES = 500;
/** The first few statements are named, as events name them. */
const STATEMENTS = 8;

/** The changes of a page; accesses are added newest first. */
export class Changes {
  private readonly changes = new Map<string, WhatIfChange>();

  /** Of accesses that would be decided alike nothing is kept. */
  add({ eventId, time, accesses, principal, reference }: Access, verdict: Verdict): void {
    const { isAllowed, wouldBeAllowed, decidedBy } = verdict;
    if (isAllowed === wouldBeAllowed) return;
    const key = `${principal} ${reference} ${isAllowed}`;
    const known = this.changes.get(key);
    this.changes.set(key, {
      principal,
      reference,
      permission: 'secret.decrypt',
      current: wordOf(isAllowed),
      proposed: wordOf(wouldBeAllowed),
      decidedBy: [...new Set([...(known?.decidedBy ?? []), ...decidedBy])].slice(0, STATEMENTS),
      accesses: (known?.accesses ?? 0) + accesses,
      firstAt: time,
      lastAt: known?.lastAt ?? time,
      eventId: known?.eventId ?? eventId,
    });
  }

  get isFull(): boolean {
    return this.changes.size >= CHANGES;
  }

  /** By their latest accesses, newest first. */
  all(): WhatIfChange[] {
    return [...this.changes.values()];
  }
}

const wordOf = (isAllowed: boolean): WhatIfChange['current'] => (isAllowed ? 'allowed' : 'denied');
