/** The tables `principal` and `api_token`: written with the events, read to recognize callers and for lists. */
import { describeQuarantine, type QuarantineState } from '@keytrail/access';
import type {
  OutsideName,
  Principal,
  PrincipalDescription,
  PrincipalKind,
  TokenDescription,
  TokenId,
} from '@keytrail/contracts';
import { type Database, type DatabaseTransaction, readRows } from '@keytrail/postgres';
import { type RawBuilder, sql } from 'kysely';
import type { PrincipalStanding } from './principal.view.js';

/** What the outside world and people call somebody. */
export interface PrincipalNames {
  readonly displayName: string;
  readonly outsideName: OutsideName | null;
}

export interface NewPrincipal extends PrincipalNames {
  readonly principal: Principal;
  readonly nkey: string | null;
  readonly standing: PrincipalStanding;
}

/** Both digests are SHA-256 in lower-case hexadecimal. */
export interface KnownToken {
  readonly principal: Principal;
  readonly sha256Hex: string;
  readonly connectSha256Hex: string;
}

export interface NewToken extends KnownToken {
  readonly tokenId: TokenId;
  readonly label: string | null;
  readonly createdAt: string;
}

/** By the time of registration, oldest first; `after` is the place of the last one before: [moment, principal]. */
export interface PrincipalSearch {
  readonly kind?: PrincipalKind | undefined;
  readonly after: readonly string[] | null;
  readonly limit: number;
}

/** An outside name or an nkey is somebody else's. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken';
  readonly code = 'principal.name_taken';
  constructor() {
    super('somebody else is registered under this name: use that principal, or suspend it');
  }
}

/** Throws {@link NameTaken}, also where another transaction takes the name at the same time. */
export async function insertPrincipal(tx: DatabaseTransaction, of: NewPrincipal): Promise<void> {
  const { kind, status, roles, revision, createdAt, updatedAt } = of.standing;
  const inserted = await sql`
    insert into principal (principal, kind, display_name, issuer, subject, nkey, status, roles, revision,
                           created_at, updated_at)
    values (${of.principal}, ${kind}, ${of.displayName}, ${of.outsideName?.issuer ?? null},
            ${of.outsideName?.subject ?? null}, ${of.nkey}, ${status}, ${JSON.stringify(roles)}::jsonb, ${revision},
            ${createdAt}::timestamptz, ${updatedAt}::timestamptz)
    on conflict do nothing`.execute(tx);
  if (inserted.numAffectedRows !== 1n) throw new NameTaken();
}

export async function updatePrincipal(
  tx: DatabaseTransaction,
  principal: Principal,
  { status, roles, quarantine, revision, updatedAt }: PrincipalStanding,
): Promise<void> {
  await sql`
    update principal set status = ${status}, roles = ${JSON.stringify(roles)}::jsonb, revision = ${revision},
                         quarantine = ${quarantine && JSON.stringify(quarantine)}::jsonb,
                         updated_at = ${updatedAt}::timestamptz
     where principal = ${principal}`.execute(tx);
}

export async function insertToken(tx: DatabaseTransaction, of: NewToken): Promise<void> {
  await sql`
    insert into api_token (token_id, principal, sha256, connect_sha256, label, created_at)
    values (${of.tokenId}, ${of.principal}, ${of.sha256Hex}, ${of.connectSha256Hex}, ${of.label},
            ${of.createdAt}::timestamptz)`.execute(tx);
}

export class PrincipalStore {
  constructor(private readonly database: Database) {}

  async describe(principal: Principal): Promise<PrincipalDescription | null> {
    const [found] = await this.select(sql`principal = ${principal}`, { limit: 1 });
    return found ?? null;
  }

  find({ kind, after, limit }: PrincipalSearch): Promise<readonly PrincipalDescription[]> {
    const [moment, last] = after ?? [];
    const ofKind = kind === undefined ? sql`true` : sql`kind = ${kind}`;
    const behind = last === undefined ? sql`true` : sql`(created_at, principal) > (${moment}::timestamptz, ${last})`;
    return this.select(sql`${ofKind} and ${behind}`, { limit });
  }

  /** Of those who have borne it, the one who is active, else one who was suspended. */
  async byOutsideName({ issuer, subject }: OutsideName): Promise<Principal | null> {
    return this.principalWhere(sql`issuer = ${issuer} and subject = ${subject} order by status = 'active' desc`);
  }

  async byNkey(publicKey: string): Promise<Principal | null> {
    return this.principalWhere(sql`nkey = ${publicKey}`);
  }

  /** Whether anybody who is not suspended administers the whole system. */
  async hasAdministrator(): Promise<boolean> {
    const administers = JSON.stringify([{ role: 'internal_admin', workspace: '_system' }]);
    const found = await this.principalWhere(sql`status = 'active' and roles @> ${administers}::jsonb`);
    return found !== null;
  }

  async token(tokenId: string): Promise<KnownToken | null> {
    const [row] = await readRows(
      this.database,
      sql<KnownToken>`
        select principal, sha256 as "sha256Hex", connect_sha256 as "connectSha256Hex"
          from api_token where token_id = ${tokenId}`,
    );
    return row ?? null;
  }

  /** What the events of a principal's tokens do not say. */
  tokensOf(principal: Principal): Promise<readonly Pick<TokenDescription, 'tokenId' | 'label' | 'lastUsedAt'>[]> {
    return readRows(
      this.database,
      sql<Pick<TokenDescription, 'tokenId' | 'label' | 'lastUsedAt'>>`
        select token_id as "tokenId", label, rfc3339(last_used_at) as "lastUsedAt"
          from api_token where principal = ${principal}`,
    );
  }

  /** Other replicas may have said so within the minute: then nothing is written. */
  async noteUse(tokenId: string): Promise<void> {
    await readRows(
      this.database,
      sql`update api_token set last_used_at = clock_timestamp()
           where token_id = ${tokenId}
             and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    );
  }

  private async principalWhere(condition: RawBuilder<unknown>): Promise<Principal | null> {
    const query = sql<{ principal: Principal }>`select principal from principal where ${condition} limit 1`;
    const [row] = await readRows(this.database, query);
    return row?.principal ?? null;
  }

  private async select(condition: RawBuilder<unknown>, { limit }: { readonly limit: number }) {
    const rows = await readRows(
      this.database,
      sql<Row>`
        select principal, kind, display_name as "displayName", issuer, subject, status, roles, quarantine,
               revision::int as revision, rfc3339(created_at) as "createdAt",
               rfc3339(updated_at) as "updatedAt"
          from principal where ${condition} order by principal.created_at, principal.principal limit ${limit}`,
    );
    return rows.map(({ issuer, subject, quarantine, ...row }) => ({
      ...row,
      quarantine: quarantine && describeQuarantine(quarantine, Date.now()),
      outsideName: issuer === null || subject === null ? null : { issuer, subject },
    }));
  }
}

interface Row extends Omit<PrincipalDescription, 'outsideName' | 'quarantine'> {
  readonly quarantine: QuarantineState | null;
  readonly issuer: string | null;
  readonly subject: string | null;
}
