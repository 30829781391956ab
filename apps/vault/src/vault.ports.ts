/** The names under which the vault's rooms are handed what the composition root made. */
import type { AccessJournal, Journal } from '@keytrail/eventsourcing';
import type { Database, DatabaseTransaction } from '@keytrail/postgres';

export const JOURNAL = Symbol('journal');
export const ACCESS_JOURNAL = Symbol('access journal');
export const DATABASE = Symbol('database');

export type VaultJournal = Journal<DatabaseTransaction>;
export type { AccessJournal, Database };
