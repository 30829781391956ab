/** Open sessions: stored with their secret wrapped, kept in memory where they are used. */
import type { PrincipalState } from '@keytrail/access';
import type { Conn, Principal, PrincipalEvent, SessionId, TokenId } from '@keytrail/contracts';
import { principalStream, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { DecryptionFailed, type KeyObject, sessionKeys, type SessionKeys, unwrapKey, wrapKey } from '@keytrail/crypto';
import type { KnownSession, RpcSessions } from '@keytrail/nats';
import { asJournalFault, type Database, deleteInBatches, readRows } from '@keytrail/postgres';
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { countWrap, KeyBudgetSpent, type Keyring, type WorkspaceKeys } from '../key/keyring.js';
import type { FoldedStreams } from '../folded-streams.js';
import { groupedLoader } from '../grouped-loader.js';
import { standingOf } from './standing.js';

const CACHED_SESSIONS = 10_000;

/** An id that is unknown here may be another replica's of a moment ago. */
const UNKNOWN_MS = 1_000;
const UNKNOWN_SESSIONS = 1_000;

const SERVICE = 'vault';

/** A session as it was opened; what its principal may is looked up each time. */
export interface Session {
  readonly sessionId: SessionId;
  readonly principal: Principal;
  readonly conn: Conn;
  /** The API token that was shown; null for another credential. */
  readonly tokenId: TokenId | null;
  readonly address: string | null;
  /** Epoch milliseconds, and that to the millisecond. */
  readonly expiresAtMs: number;
  readonly secret: KeyObject;
}

/** The message that a session was opened by. */
export interface SetUpMark {
  /** SHA-256 of its `enc`. */
  readonly digest: Buffer;
  /** Epoch milliseconds; until then the sealing key that it is sealed to opens it. */
  readonly untilMs: number;
}

type Held = Session & { readonly keys: SessionKeys };

interface Row {
  readonly sessionId: SessionId;
  readonly principal: Principal;
  readonly conn: Conn;
  readonly tokenId: TokenId | null;
  readonly address: string | null;
  readonly wrapped: Buffer;
  readonly expiresAt: string;
}

export class SessionStore implements RpcSessions {
  private readonly held = new LRUCache<SessionId, Held>({ max: CACHED_SESSIONS });
  private readonly loadOne = groupedLoader<SessionId, Held | null>({
    load: (sessionIds) => this.loadAll(sessionIds),
    nameOf: (sessionId) => sessionId,
  });
  private readonly unknown = new LRUCache<SessionId, true>({ max: UNKNOWN_SESSIONS, ttl: UNKNOWN_MS });

  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly principals: FoldedStreams<PrincipalState, PrincipalEvent>,
  ) {}

  /**
   * False where this very set-up has opened a session before: then nothing is stored. Throws `KeyBudgetSpent` where the
   * system's key may wrap no more.
   */
  async store(session: Session, setUp: SetUpMark): Promise<boolean> {
    const { kek } = await this.systemKeys();
    const { sessionId, principal, conn, tokenId, address, expiresAtMs } = session;
    const wrapped = wrapKey(kek, session.secret, boundTo(session));
    try {
      return await this.database.transaction().execute(async (tx) => {
        const inserted = await sql`
          insert into session (session_id, principal, conn, token_id, address, key_id, wrapped_secret, expires_at,
                               set_up, set_up_until)
          values (${sessionId}, ${principal}, ${conn}, ${tokenId}, ${address}, ${kek.id}, ${wrapped},
                  ${timestampOf(expiresAtMs)}, ${setUp.digest}, ${timestampOf(setUp.untilMs)})
          on conflict (set_up) do nothing`.execute(tx);
        if (inserted.numAffectedRows !== 1n) return false;
        await countWrap(tx, kek.id);
        return true;
      });
    } catch (error) {
      throw error instanceof KeyBudgetSpent ? error : asJournalFault(error);
    }
  }

  /** As the door needs it; without powers where its principal or its token may do nothing any more. */
  async find(sessionId: SessionId): Promise<KnownSession | null> {
    const session = this.known(sessionId) ?? (await this.get(sessionId));
    if (session === null) return null;
    const { state } = await this.principals.known(principalStream(session.principal));
    const standing = standingOf(state, session, Date.now());
    return { ...session, powers: standing.ok ? standing.powers : { roles: [] } };
  }

  /** Null where it is not at hand: there is none, or it has to be loaded. */
  known(sessionId: SessionId): Held | null {
    return this.held.get(sessionId) ?? null;
  }

  /** Null where there is none; one that has ended may still be found. */
  async get(sessionId: SessionId): Promise<Held | null> {
    const held = this.held.get(sessionId);
    if (held !== undefined || this.unknown.has(sessionId)) return held ?? null;
    const loaded = await this.loadOne(sessionId);
    if (loaded === null) this.unknown.set(sessionId, true);
    else this.held.set(sessionId, loaded);
    return loaded;
  }

  /** Takes back what nobody has been told of. */
  async withdraw(sessionId: SessionId): Promise<void> {
    await readRows(this.database, sql`delete from session where session_id = ${sessionId}`);
  }

  /** Deletes sessions that have ended, and whose set-up opens no more. */
  async forgetEnded(nowMs: number): Promise<void> {
    const now = timestampOf(nowMs);
    await deleteInBatches(this.database, 'session', sql`set_up_until < ${now} and expires_at < ${now}`);
  }

  private async loadAll(sessionIds: readonly SessionId[]): Promise<readonly (Held | null)[]> {
    const query = sql<Row>`
      select session_id as "sessionId", principal, conn, token_id as "tokenId", address, wrapped_secret as wrapped,
             rfc3339(expires_at) as "expiresAt"
        from session where session_id = any (${sessionIds}::uuid[])`;
    const rows = await readRows(this.database, query);
    if (rows.length === 0) return sessionIds.map(() => null);
    const keys = await this.systemKeys();
    const opened = new Map(rows.map((row) => [row.sessionId, heldFrom(row, keys)]));
    return sessionIds.map((sessionId) => opened.get(sessionId) ?? null);
  }

  private async systemKeys(): Promise<WorkspaceKeys> {
    const keys = await this.keyring.of(SYSTEM_WORKSPACE);
    if (keys === null) throw new Error('the system has no keys of its own yet: run the bootstrap first');
    return keys;
  }
}

/** A row that was changed does not unwrap, so it is no session. */
function heldFrom({ wrapped, expiresAt, ...rest }: Row, { kek }: WorkspaceKeys): Held | null {
  const stored = { ...rest, expiresAtMs: Date.parse(expiresAt) };
  try {
    const secret = unwrapKey(kek, wrapped, boundTo(stored));
    return { ...stored, secret, keys: sessionKeys(secret, SERVICE) };
  } catch (error) {
    if (error instanceof DecryptionFailed) return null;
    throw error;
  }
}

/** Whoever may write the table could otherwise give a session another owner. */
function boundTo({ sessionId, principal, conn, tokenId, address, expiresAtMs }: Omit<Session, 'secret'>) {
  const all = JSON.stringify([sessionId, principal, conn, tokenId, address, expiresAtMs]);
  return { workspace: SYSTEM_WORKSPACE, secret: all, version: 1 } as const;
}

const timestampOf = (ms: number): string => new Date(ms).toISOString();
