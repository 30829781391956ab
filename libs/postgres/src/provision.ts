/** Makes a service's database and its two roles: the owner changes the schema, the service only works in it. */
import { Client } from 'pg';

export interface ProvisionOptions {
  /** postgres:// URL of a role that may create roles and databases, and grant `pg_read_all_stats`. */
  readonly superuserUrl: string;
  readonly database: string;
  readonly ownerPassword: string;
  readonly servicePassword: string;
}

/** Creates what is missing and sets the passwords; safe to repeat. */
export async function provision(options: ProvisionOptions): Promise<void> {
  const { database } = options;
  const [owner, service] = [`${database}_owner`, `${database}_service`];
  const client = new Client({ connectionString: options.superuserUrl });
  await client.connect();
  try {
    await ensureRole(client, owner, options.ownerPassword);
    await ensureRole(client, service, options.servicePassword);
    // For the owner's function that names who holds back the journal's readers.
    await client.query(`grant pg_read_all_stats to ${quoted(client, owner)}`);
    await client.query(`alter role ${quoted(client, service)} set transaction_timeout = '1s'`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) {
      await client.query(`create database ${quoted(client, database)} owner ${quoted(client, owner)}`);
    }
    await client.query(`revoke all on database ${quoted(client, database)} from public`);
    await client.query(`grant connect on database ${quoted(client, database)} to ${quoted(client, service)}`);
  } finally {
    await client.end();
  }
}

/** A password cannot be bound in DDL; it is made by us, and quoted all the same. */
async function ensureRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(
    `${verb} role ${quoted(client, role)} login nosuperuser nocreatedb nocreaterole password ${client.escapeLiteral(password)}`,
  );
}

const quoted = (client: Client, name: string): string => client.escapeIdentifier(name);
