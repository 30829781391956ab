/** The whole schema of the vault's database, in the order in which it is created. */
import { JOURNAL_STEPS, type SchemaStep } from '@keytrail/postgres';
import { CONNECTION_STEPS } from './connection/connection.schema.js';
import { KEY_STEPS, VAULT_KEY_STEPS } from './key/key.schema.js';
import { ACCESS_STEPS, PRINCIPAL_STEPS } from './principal/principal.schema.js';
import { SESSION_STEPS } from './session/session.schema.js';

export const VAULT_STEPS: readonly SchemaStep[] = [
  ...JOURNAL_STEPS,
  ...KEY_STEPS,
  ...PRINCIPAL_STEPS,
  ...VAULT_KEY_STEPS,
  ...SESSION_STEPS,
  ...CONNECTION_STEPS,
  ...ACCESS_STEPS,
];
