/** Each workspace's keys: minted with it, wrapped by the root key, counted as they are used. */
import type { Kek, KeyObject, RootKey } from '@keytrail/crypto';
import { kek, mintKey, uuidv7 } from '@keytrail/crypto';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { groupedLoader } from '../grouped-loader.js';

/** AES-GCM with random nonces: NIST SP 800-38D allows 2^32 uses of a key; half of that is our budget. */
const WRAP_BUDGET = 2 ** 31;
const CACHED_WORKSPACES = 10_000;

const PURPOSES = ['kek', 'fingerprint'] as const;
type Purpose = (typeof PURPOSES)[number];

export interface WorkspaceKeys {
  readonly kek: Kek;
  readonly fingerprint: KeyObject;
}

/** Keys of a workspace that is being created; `store` writes them in the transaction that creates it. */
export interface MintedKeys {
  readonly kekId: string;
  store(tx: DatabaseTransaction): Promise<void>;
}

interface Row {
  readonly workspace: string;
  readonly key_id: string;
  readonly purpose: Purpose;
  readonly wrapped: Buffer;
}

export class Keyring {
  private readonly known = new LRUCache<string, WorkspaceKeys>({ max: CACHED_WORKSPACES });
  private readonly loadOne = groupedLoader<string, WorkspaceKeys | null>({
    load: (workspaces) => this.loadAll(workspaces),
    nameOf: (workspace) => workspace,
  });

  constructor(
    private readonly database: Database,
    private readonly root: RootKey,
    private readonly wrapBudget = WRAP_BUDGET,
  ) {}

  async mint(workspace: string): Promise<MintedKeys> {
    const keys = await Promise.all(
      PURPOSES.map(async (purpose) => {
        const keyId = uuidv7();
        return { keyId, purpose, wrapped: await this.root.wrap({ workspace, keyId }, mintKey()) };
      }),
    );
    const store = async (tx: DatabaseTransaction) => {
      for (const { keyId, purpose, wrapped } of keys) {
        await sql`insert into keyring (key_id, workspace, purpose, root_key_id, wrapped, wrap_budget)
          values (${keyId}, ${workspace}, ${purpose}, ${this.root.id}, ${wrapped}, ${this.wrapBudget})`.execute(tx);
      }
    };
    return { kekId: keys[0]?.keyId as string, store };
  }

  /** The keys of a workspace, or null where there is no such workspace. */
  async of(workspace: string): Promise<WorkspaceKeys | null> {
    const known = this.known.get(workspace);
    if (known !== undefined) return known;
    const loaded = await this.loadOne(workspace);
    if (loaded !== null) this.known.set(workspace, loaded);
    return loaded;
  }

  /** Throws where stored keys are wrapped by another root key: nothing could be opened, so better not to start. */
  async refuseForeignRoot(): Promise<void> {
    const query = sql<{
      root_key_id: string;
    }>`select root_key_id from keyring where root_key_id <> ${this.root.id} limit 1`;
    const [foreign] = await readRows(this.database, query);
    if (foreign === undefined) return;
    throw new Error(
      `the root key is ${this.root.id}, but stored keys are wrapped by ${foreign.root_key_id}: hand in that root key`,
    );
  }

  private async loadAll(workspaces: readonly string[]): Promise<readonly Promise<WorkspaceKeys | null>[]> {
    const query = sql<Row>`
      select workspace, key_id, purpose, wrapped from keyring where workspace = any (${workspaces}::text[])`;
    const rows = Map.groupBy(await readRows(this.database, query), (row) => row.workspace);
    return workspaces.map((workspace) => this.unwrap(workspace, rows.get(workspace) ?? []));
  }

  private async unwrap(workspace: string, rows: readonly Row[]): Promise<WorkspaceKeys | null> {
    const unwrap = async (purpose: Purpose) => {
      const row = rows.find((candidate) => candidate.purpose === purpose);
      if (row === undefined) return null;
      return { id: row.key_id, key: await this.root.unwrap({ workspace, keyId: row.key_id }, row.wrapped) };
    };
    const [wrapping, fingerprint] = await Promise.all([unwrap('kek'), unwrap('fingerprint')]);
    return wrapping && fingerprint && { kek: kek(wrapping), fingerprint: fingerprint.key };
  }
}

/** A KEK has been used as often as it may be. */
export class KeyBudgetSpent extends Error {
  override readonly name = 'KeyBudgetSpent';
  readonly code = 'workspace.key_exhausted';
  constructor() {
    super("the workspace's key has been used as often as it safely can be: rotate it");
  }
}

/**
 * Counts one wrap under a KEK in the transaction that stores what was wrapped; past the budget {@link KeyBudgetSpent}.
 */
export async function countWrap(tx: DatabaseTransaction, keyId: string): Promise<void> {
  const counted =
    await sql`update keyring set wraps = wraps + 1 where key_id = ${keyId} and wraps < wrap_budget`.execute(tx);
  if (counted.numAffectedRows !== 1n) throw new KeyBudgetSpent();
}
