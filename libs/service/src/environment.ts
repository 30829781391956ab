/** Reads a process's configuration from its environment, once, at boot. */
import fs from 'node:fs';
import { Principal } from '@keytrail/contracts';
import { z } from 'zod';

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
  if (result.success) return result.data;
  throw new EnvironmentRefused(
    result.error.issues.map(({ path: [variable], message }) => {
      const name = String(variable);
      return present[name] === undefined
        ? `${name} is missing: set it to ${schema.shape[name]?.description ?? 'a value'}`
        : `${name} ${message}`;
    }),
  );
}

/** A TCP port in digits; 0 lets the system choose. */
const Port = z
  .string()
  .regex(/^\d{1,5}$/, 'is not a port: 0 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'is not a port: 0 to 65535')
  .describe('a TCP port, 0 to 65535');

/** The path of a file that holds a secret, replaced by the file's content without the white space around it. */
export const SecretFile = z.string().transform((path, context) => {
  const content = readSecretFile(path);
  if (content.ok) return content.text;
  context.addIssue({ code: 'custom', message: content.message });
  return z.NEVER;
});

/**
 * The variables that more than one service reads; each picks its own: `SharedEnvironment.pick({ … }).extend({ … })`.
 */
export const SharedEnvironment = z.object({
  KEYTRAIL_NATS_URL: z
    .string()
    .regex(/^(?:nats|tls):\/\/[^\s/@]+$/, 'is not a NATS URL without credentials, such as nats://127.0.0.1:4222')
    .describe("the NATS server's URL, such as nats://127.0.0.1:4222"),
  KEYTRAIL_NATS_RPC_SEED_FILE: SecretFile.describe("the path of the file with this service's nkey seed for RPC"),
  KEYTRAIL_NATS_EVENTS_SEED_FILE: SecretFile.describe("the path of the file with this service's nkey seed for EVENTS"),
  KEYTRAIL_PRINCIPAL: Principal.describe("this service's principal: 26 of a-z and 0-9"),
  KEYTRAIL_DATABASE_URL_FILE: SecretFile.describe("the path of the file with the URL of the database's service role"),
  KEYTRAIL_OWNER_DATABASE_URL_FILE: SecretFile.describe(
    "the path of the file with the URL of the database's owner role, which migrates",
  ),
  KEYTRAIL_HOST: z
    .string()
    .regex(/^[0-9A-Za-z.:-]{1,255}$/, 'is not a host name or an address')
    .default('127.0.0.1'),
  KEYTRAIL_HEALTH_PORT: Port,
  KEYTRAIL_HTTP_PORT: Port,
});

/** What every service behind the bus is told: it answers requests, speaks to the event streams, has a database. */
export const BackendEnvironment = SharedEnvironment.pick({
  KEYTRAIL_NATS_URL: true,
  KEYTRAIL_NATS_RPC_SEED_FILE: true,
  KEYTRAIL_NATS_EVENTS_SEED_FILE: true,
  KEYTRAIL_PRINCIPAL: true,
  KEYTRAIL_DATABASE_URL_FILE: true,
  KEYTRAIL_HOST: true,
  KEYTRAIL_HEALTH_PORT: true,
});

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

type Content = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** No message names the path: whoever puts the secret itself in the variable must not find it in a log. */
function readSecretFile(path: string): Content {
  let file: number | undefined;
  try {
    file = fs.openSync(path, 'r');
    const { mode, uid } = fs.fstatSync(file);
    // Another owner's file (a mounted Kubernetes or container secret) has the mode that its platform gives it.
    if (uid === process.getuid?.() && (mode & 0o077) !== 0)
      return { ok: false, message: 'names a file that others can read: chmod 600 it, and replace the secret in it' };
    const text = fs.readFileSync(file, 'utf8').trim();
    return text === '' ? { ok: false, message: 'names an empty file' } : { ok: true, text };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { ok: false, message: `must be the path of a file that this process can read (${code})` };
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}
