/**
 * Empties the audit's views, as their owner, so that they are folded anew from the first event of each stream.
 *
 * Stop the audit, run this, start the audit; until it has caught up its answers lack the latest events. Where a stream
 * no longer begins with its first event, because events have aged out of it, delete the stream too: its service fills
 * it again.
 */
import { databaseOf, openDatabase } from '@keytrail/postgres';
import { MigrationEnvironment, parseEnvironment, runOnce } from '@keytrail/service';
import { sql } from 'kysely';

await runOnce('audit-rebuild', async () => {
  const { KEYTRAIL_OWNER_DATABASE_URL_FILE: url } = parseEnvironment(MigrationEnvironment, process.env);
  const orm = await openDatabase({ url, connections: 1 });
  try {
    // The checkpoints first, as every projection takes them: one that runs all the same waits, and then begins at zero.
    const views = sql`audit_event, secret_usage, principal, principal_role, principal_role_change`;
    await sql`truncate projection_checkpoint, parked, ${views}`.execute(databaseOf(orm));
  } finally {
    await orm.close();
  }
});
