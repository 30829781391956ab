/** The names under which the vault's rooms are handed what the composition root made. */
import type { AccessJournal, Journal } from '@keytrail/eventsourcing';
import type { Database, DatabaseTransaction } from '@keytrail/postgres';

export const JOURNAL = Symbol('journal');
export const DATABASE = Symbol('database');
/** Principals, workspaces and secrets as they stand. */
export const STREAMS = Symbol('streams');
/** All of them, for whoever has a part with many. */
export const ROOMS = Symbol('rooms');

export type VaultJournal = Journal<DatabaseTransaction>;
export type { AccessJournal, Database };
export type { VaultStreams } from './vault.streams.js';
