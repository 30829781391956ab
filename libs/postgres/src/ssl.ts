/**
 * TLS to PostgreSQL, as the URL asks for it: MikroORM reads neither `sslmode` nor `sslrootcert`, and would go in clear.
 */
import fs from 'node:fs';

/** The driver's options. `verify-full` is the only mode in which whoever answers is known to be who was asked. */
export function sslOf(url: string): { readonly ssl?: { readonly ca?: string; readonly rejectUnauthorized: true } } {
  const { searchParams } = new URL(url);
  const mode = searchParams.get('sslmode') ?? 'disable';
  if (mode === 'disable') return {};
  if (mode !== 'verify-full') throw new RangeError('sslmode of the database URL is neither verify-full nor disable');
  const file = searchParams.get('sslrootcert');
  return { ssl: { ...(file !== null && { ca: fs.readFileSync(file, 'utf8') }), rejectUnauthorized: true } };
}
