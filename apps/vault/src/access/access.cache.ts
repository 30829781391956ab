/**
 * What accesses are decided on, kept in memory: the fence finds out a stale entry, so it can cost a retry, never a
 * release.
 */
import type { Reference, SecretEvent } from '@keytrail/contracts';
import { partsOf, secretStream, workspaceStream } from '@keytrail/contracts';
import type { SealedVersion } from '@keytrail/crypto';
import { fold, type StreamRevision } from '@keytrail/eventsourcing';
import type { KnownSession } from '@keytrail/nats';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { loadVersion } from '../secret/sealed-version.store.js';
import { secretDecider } from '../secret/secret.decider.js';
import { SessionStore } from '../session/session.store.js';
import { type Database, DATABASE, JOURNAL, type VaultJournal } from '../vault.ports.js';
import type { AccessFacts } from './access.decider.js';

const CACHED_SECRETS = 100_000;
const CACHED_MATERIAL_BYTES = 64 * 1024 * 1024;

/** Facts and the revisions that they were read at. */
export interface KnownFacts extends AccessFacts {
  readonly readAt: readonly [secret: StreamRevision, workspace: StreamRevision, principal: StreamRevision];
}

/** The part that is the same for whoever asks. */
interface FactsOfSecret extends Omit<AccessFacts, 'asker'> {
  readonly readAt: readonly [secret: StreamRevision, workspace: StreamRevision];
}

@Injectable()
export class AccessCache {
  private readonly facts = new LRUCache<Reference, FactsOfSecret>({ max: CACHED_SECRETS });
  /** Material never changes, so it is kept apart from the facts, which do. */
  private readonly material = new LRUCache<string, SealedVersion>({
    maxSize: CACHED_MATERIAL_BYTES,
    sizeCalculation: ({ ciphertext, wrappedKey }) => ciphertext.length + wrappedKey.length,
  });

  constructor(
    @Inject(JOURNAL) private readonly journal: VaultJournal,
    @Inject(DATABASE) private readonly database: Database,
    private readonly sessions: SessionStore,
  ) {}

  async factsOf(reference: Reference, session: KnownSession): Promise<KnownFacts> {
    const [known, { standing, readAt }] = await Promise.all([
      this.factsOfSecret(reference),
      this.sessions.askerOf(session),
    ]);
    return { ...known, asker: standing, readAt: [...known.readAt, readAt] };
  }

  /** A version does not come back: its time is fixed when it is stored. */
  expire(reference: Reference, version: number): void {
    const known = this.facts.get(reference);
    if (known !== undefined) this.facts.set(reference, { ...known, expired: new Set([...known.expired, version]) });
  }

  forget(reference: Reference, { principal }: KnownSession): void {
    this.facts.delete(reference);
    this.sessions.forgetAsker(principal);
  }

  async materialOf(secretId: string, version: number): Promise<SealedVersion | null> {
    const key = `${secretId}/${version}`;
    const known = this.material.get(key) ?? (await loadVersion(this.database, { secretId, version }));
    if (known !== null) this.material.set(key, known);
    return known;
  }

  private async factsOfSecret(reference: Reference): Promise<FactsOfSecret> {
    const known = this.facts.get(reference);
    if (known !== undefined) return known;
    const { workspace } = partsOf(reference);
    const [secret, room] = [secretStream(reference), workspaceStream(workspace)];
    const [history, { length }] = await Promise.all([this.journal.load<SecretEvent>(secret), this.journal.load(room)]);
    const loaded: FactsOfSecret = {
      workspace,
      workspaceExists: length > 0,
      expired: new Set(),
      secret: fold(
        secretDecider,
        history.map(({ event }) => event),
      ),
      readAt: [
        { stream: secret, revision: history.length },
        { stream: room, revision: length },
      ],
    };
    this.facts.set(reference, loaded);
    return loaded;
  }
}
