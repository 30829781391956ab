/** Reads a process's configuration from its environment, once, at boot. */
import { Principal, VaultKey } from '@keytrail/contracts';
import { z } from 'zod';
import { isDatabaseConfined, isNatsConfined } from './clear-text.js';
import { PublicFile, ReadableFile, SecretFile } from './configured-file.js';
import { listeningMistakes } from './server-identity.js';

/** The environment does not fit; `message` lists every mistake by the variable's name and never shows a value. */
export class EnvironmentRefused extends Error {
  override readonly name = 'EnvironmentRefused';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/**
 * The variables that `schema` names, parsed; the others are left alone, and an empty one counts as missing. A field's
 * description completes the sentence "set it to …". Throws {@link EnvironmentRefused}.
 */
export function parseEnvironment<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.infer<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(present);
  const mistakes = (result.error?.issues ?? []).map(({ path: [variable], message }) => {
    const name = String(variable);
    return present[name] === undefined
      ? `${name} is missing: set it to ${schema.shape[name]?.description ?? 'a value'}`
      : `${name} ${message}`;
  });
  const listens = 'KEYTRAIL_HOST' in schema.shape;
  if (listens) mistakes.push(...listeningMistakes(present, result.data));
  if (result.success && mistakes.length === 0) return result.data;
  throw new EnvironmentRefused(mistakes);
}

/** A TCP port in digits; 0 lets the system choose. */
const Port = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port: 0 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'is not a port: 0 to 65535')
  .describe('a TCP port, 0 to 65535');

const DatabaseUrlFile = SecretFile.refine(isDatabaseConfined, {
  error: 'leads off this machine: end the URL in it with ?sslmode=verify-full',
  abort: true,
});

/**
 * The variables that more than one service reads; each picks its own: `SharedEnvironment.pick({ … }).extend({ … })`.
 */
export const SharedEnvironment = z.object({
  KEYTRAIL_NATS_URL: z
    .string()
    .regex(/^(?:nats|tls):\/\/[^\s/@]+$/, {
      error: 'is not a NATS URL without credentials, such as nats://127.0.0.1:4222',
      abort: true,
    })
    .refine(isNatsConfined, 'leads off this machine in clear text: use tls:// in place of nats://')
    .describe("the NATS server's URL, such as nats://127.0.0.1:4222"),
  KEYTRAIL_NATS_RPC_SEED_FILE: SecretFile.describe("the path of the file with this service's nkey seed for RPC"),
  KEYTRAIL_NATS_EVENTS_SEED_FILE: SecretFile.describe("the path of the file with this service's nkey seed for EVENTS"),
  KEYTRAIL_PRINCIPAL: Principal.describe("this service's principal: 26 of a-z and 0-9"),
  /** The PEM file with what signs the server's certificate, where Node does not trust that by itself. */
  KEYTRAIL_NATS_CA_FILE: ReadableFile.optional(),
  KEYTRAIL_DATABASE_URL_FILE: DatabaseUrlFile.describe(
    "the path of the file with the URL of the database's service role",
  ),
  KEYTRAIL_OWNER_DATABASE_URL_FILE: DatabaseUrlFile.describe(
    "the path of the file with the URL of the database's owner role, which migrates",
  ),
  KEYTRAIL_HOST: z
    .string()
    .regex(/^[0-9A-Za-z.:-]{1,255}$/, 'is not a host name or an address')
    .default('127.0.0.1'),
  KEYTRAIL_HEALTH_PORT: Port,
  KEYTRAIL_HTTP_PORT: Port,
  KEYTRAIL_TLS_CERT_FILE: PublicFile.optional(),
  KEYTRAIL_TLS_KEY_FILE: SecretFile.optional(),
  KEYTRAIL_VAULT_KEY: VaultKey.describe('the key by which the vault is known: kv_…, as its bootstrap wrote it'),
});

/** What every service behind the bus is told: it answers requests, speaks to the event streams, has a database. */
export const BackendEnvironment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_EVENTS_SEED_FILE: true,
  KEYTRAIL_NATS_CA_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_DATABASE_URL_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HEALTH_PORT: true,
  KEYTRAIL_TLS_CERT_FILE: true,
  KEYTRAIL_TLS_KEY_FILE: true,
});

/** What every service beside the vault is told: it knows the vault by its key. */
export const PeerEnvironment = BackendEnvironment.extend(SharedEnvironment.pick({ KEYTRAIL_VAULT_KEY: true }).shape);

/** What a schema change is told; no service ever holds its owner's password. */
export const MigrationEnvironment = SharedEnvironment.pick({ KEYTRAIL_OWNER_DATABASE_URL_FILE: true });

/** What every process may be told: where its spans go. Without a URL it makes none. */
export const TracingEnvironment = z.object({
  KEYTRAIL_OTLP_URL: z
    .string()
    .regex(
      /^https?:\/\/[^\s/@?#]+(?:\/[^\s@?#]*)?$/,
      'is not an HTTP URL without credentials, such as http://127.0.0.1:4318',
    )
    .optional(),
  KEYTRAIL_OTLP_SAMPLE_RATIO: z
    .string()
    .regex(/^(?:[01]|0?\.\d{1,9})$/, 'is not a ratio: 0 to 1')
    .transform(Number)
    .default(1),
});
