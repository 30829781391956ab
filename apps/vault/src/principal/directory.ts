/** Who somebody is: looked up by what they show, with what they may as it stands in their stream. */
import type { PrincipalState, RegisteredPrincipal } from '@keytrail/access';
import type { OutsideName, Principal, PrincipalEvent, PrincipalKind } from '@keytrail/contracts';
import { principalStream } from '@keytrail/contracts';
import type { StreamRevision } from '@keytrail/eventsourcing';
import { LRUCache } from 'lru-cache';
import type { FoldedStreams } from '../folded-streams.js';
import type { KnownToken, PrincipalStore } from './principal.store.js';

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
  private readonly noted = new LRUCache<string, true>({ max: NOTED_TOKENS, ttl: NOTE_USE_EVERY_MS });

  constructor(
    private readonly streams: FoldedStreams<PrincipalState, PrincipalEvent>,
    private readonly store: PrincipalStore,
  ) {}

  /** As it stands in the journal now; null for somebody who was never registered. */
  async of(principal: Principal): Promise<PrincipalFacts | null> {
    const [{ state, stream, revision }, described] = await Promise.all([
      this.streams.current(principalStream(principal)),
      this.store.describe(principal),
    ]);
    if (!state.exists || described === null) return null;
    const { kind, displayName } = described;
    return { principal, kind, displayName, state, readAt: { stream, revision } };
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
