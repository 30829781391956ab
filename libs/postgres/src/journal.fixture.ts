/** A journal on a PostgreSQL of its own, for the specs of this room. */
import path from 'node:path';
import type { Principal, Workspace } from '@keytrail/contracts';
import type { Access, Commit, DomainEvent, Journal, RequestFacts, StreamRevision } from '@keytrail/eventsourcing';
import { DeadlineExceeded, JournalUnavailable, NO_STREAM } from '@keytrail/eventsourcing';
import type { PostgresServer } from '@keytrail/testing';
import { startPostgres, temporaryFolder } from '@keytrail/testing';
import type { Database, DatabaseTransaction } from './database.js';
import { databaseOf, openDatabase } from './database.js';
import { JOURNAL_STEPS, migrate, PROJECTION_STEPS } from './migrate.js';
import { provision } from './provision.js';

const DATABASE = 'keytrail_vault';

export interface JournalFixture {
  readonly server: PostgresServer;
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  /** The superuser, in the journal's database. */
  readonly superuserUrl: string;
  readonly database: Database;
  /** A further pool, as another replica would have. */
  readonly replica: () => Promise<Database>;
  readonly close: () => Promise<void>;
}

/** With further settings of the server where some are given. */
export async function openJournalFixture(settings: Readonly<Record<string, string>> = {}): Promise<JournalFixture> {
  const folder = await temporaryFolder();
  const server = await startPostgres({ dir: path.join(folder.path, 'pg'), settings });
  const url = (role: string) => server.url({ database: DATABASE, user: `${DATABASE}_${role}`, password: role });
  await provision({
    superuserUrl: server.superuserUrl,
    database: DATABASE,
    ownerPassword: 'owner',
    servicePassword: 'service',
  });
  await migrate(url('owner'), [...JOURNAL_STEPS, ...PROJECTION_STEPS]);
  const first = await openDatabase({ url: url('service') });
  const orms = [first];
  return {
    server,
    ownerUrl: url('owner'),
    serviceUrl: url('service'),
    superuserUrl: server.superuserUrl.replace(/\/postgres$/, `/${DATABASE}`),
    database: databaseOf(first),
    replica: async () => {
      const another = await openDatabase({ url: url('service') });
      orms.push(another);
      return databaseOf(another);
    },
    close: async () => {
      await Promise.all(orms.map((orm) => orm.close()));
      await server.stop();
      await folder.remove();
    },
  };
}

export const facts: RequestFacts = {
  workspace: 'acme' as Workspace,
  principal: 'p'.repeat(26) as Principal,
  requestId: 'request-1',
  detail: { ip: '192.0.2.1' },
};

export function commitTo(
  stream: string,
  expectedRevision: number,
  rest: Partial<Commit<DomainEvent, DatabaseTransaction>> = {},
): Commit<DomainEvent, DatabaseTransaction> {
  const events = [{ type: 'Noted', data: { at: expectedRevision } }];
  return { stream, aggregate: 'note', subject: stream, expectedRevision, events, facts, withdraws: false, ...rest };
}

export const workspaceAt = (revision: number): StreamRevision => ({ stream: 'workspace-acme', revision });

export function accessTo(stream: string, revision: number, rest: Partial<Access> = {}): Access {
  return {
    stream,
    aggregate: 'access',
    subject: stream,
    event: { type: 'SecretDecrypted', data: {} },
    facts,
    decidedOn: [{ stream, revision }, workspaceAt(0), NO_STREAM],
    validUntilMs: null,
    deadlineMs: Date.now() + 5_000,
    ...rest,
  };
}

/**
 * Null where a busy machine has kept the journal from answering: that promises nothing, so it cannot break a promise.
 */
export async function unlessUnavailable<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JournalUnavailable || error instanceof DeadlineExceeded) return null;
    throw error;
  }
}

/** Asks until there is an answer; a conflict then says that an attempt which was not answered has been made. */
export async function appendUntilAnswered(journal: Journal<DatabaseTransaction>, commit: Commit): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await unlessUnavailable(journal.append(commit));
    if (outcome === null) continue;
    if (attempt === 1 && outcome.status !== 'committed') throw new Error(`${commit.stream} met a ${outcome.status}`);
    return;
  }
}
