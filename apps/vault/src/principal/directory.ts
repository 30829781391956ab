/** Who somebody is: looked up by what they show, with what they may as it stands in their stream. */
import type { OutsideName, Principal, PrincipalEvent, PrincipalKind } from '@keytrail/contracts';
import { principalStream } from '@keytrail/contracts';
import type { StreamRevision } from '@keytrail/eventsourcing';
import { LRUCache } from 'lru-cache';
import type { VaultJournal } from '../vault.ports.js';
import type { RegisteredPrincipal } from './principal.decider.js';
import type { KnownToken, PrincipalStore } from './principal.store.js';
import { principalStateOf } from './principal.view.js';

const CACHED_PRINCIPALS = 10_000;
const NOTED_TOKENS = 10_000;
const NOTE_USE_EVERY_MS = 60_000;

/** Somebody as they stood at the revision `readAt`; the display name of Keytrail's own processes is their service. */
export interface PrincipalFacts {
  readonly principal: Principal;
  readonly kind: PrincipalKind;
  readonly displayName: string;
  readonly state: RegisteredPrincipal;
  readonly readAt: StreamRevision;
}

export class Directory {
  private readonly facts = new LRUCache<Principal, PrincipalFacts>({ max: CACHED_PRINCIPALS });
  private readonly noted = new LRUCache<string, true>({ max: NOTED_TOKENS, ttl: NOTE_USE_EVERY_MS });

  constructor(
    private readonly journal: VaultJournal,
    private readonly store: PrincipalStore,
  ) {}

  /** As it stands in the journal now; null for somebody who was never registered. */
  async of(principal: Principal): Promise<PrincipalFacts | null> {
    const stream = principalStream(principal);
    const [history, described] = await Promise.all([
      this.journal.load<PrincipalEvent>(stream),
      this.store.describe(principal),
    ]);
    const state = principalStateOf(history);
    if (state === null || described === null) return null;
    const { kind, displayName } = described;
    const facts = { principal, kind, displayName, state, readAt: { stream, revision: history.length } };
    this.facts.set(principal, facts);
    return facts;
  }

  /** As it was when somebody last looked: good for decisions that the fence checks, and for nothing else. */
  async cached(principal: Principal): Promise<PrincipalFacts | null> {
    return this.facts.get(principal) ?? this.of(principal);
  }

  /** The next {@link cached} looks again. */
  forget(principal: Principal): void {
    this.facts.delete(principal);
  }

  byToken(tokenId: string): Promise<KnownToken | null> {
    return this.store.token(tokenId);
  }

  byOutsideName(name: OutsideName): Promise<Principal | null> {
    return this.store.byOutsideName(name);
  }

  byNkey(publicKey: string): Promise<Principal | null> {
    return this.store.byNkey(publicKey);
  }

  /** Keeps the token's last use current to a minute. Never throws, and never keeps its caller waiting. */
  used(tokenId: string): void {
    if (this.noted.has(tokenId)) return;
    this.noted.set(tokenId, true);
    this.store.noteUse(tokenId).catch(() => this.noted.delete(tokenId));
  }
}
