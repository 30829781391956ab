/** Keytrail on PostgreSQL: the journal, its reader and relay mark, projections, schema changes. */
export type { Database, DatabaseOptions, DatabaseTransaction } from './database.js';
export { databaseOf, openDatabase } from './database.js';
export { ensureAccessPartitions } from './access-partitions.js';
export { asJournalFault } from './fault.js';
export { grantToService } from './grant.js';
export { refuseUnsafeWrites } from './safety.js';
export type { SchemaStep } from './migrate.js';
export { JOURNAL_STEPS, migrate, PROJECTION_STEPS } from './migrate.js';
export type { PostgresAccessJournalOptions } from './postgres-access-journal.js';
export { postgresAccessJournal } from './postgres-access-journal.js';
export type { PostgresJournalOptions } from './postgres-journal.js';
export { postgresJournal } from './postgres-journal.js';
export { postgresJournalReader } from './postgres-journal-reader.js';
export { postgresRelayMarks } from './postgres-relay-marks.js';
export type { Ordered, Projection, ProjectionOptions } from './projection.js';
export { OrdinalGap, projection } from './projection.js';
export type { ProvisionOptions } from './provision.js';
export { provision } from './provision.js';
