/** What a program tells `connect`, and what is taken from its environment where it tells nothing. */
import fs from 'node:fs';
import { rpcError, VaultKey } from '@keytrail/contracts';
import type { TlsOptions } from '@keytrail/nats';
import type { CredentialOption } from './credential.js';
import { KeytrailError } from './keytrail-error.js';

export interface ConnectOptions {
  /** `tls://` URL of the bus, or `nats://` on this machine; else KEYTRAIL_NATS_URL. */
  readonly url?: string;
  /** `kv_…`, by which the vault is known; else KEYTRAIL_VAULT_KEY. */
  readonly vaultKey?: string;
  /** Who asks; else KEYTRAIL_TOKEN, KEYTRAIL_TOKEN_FILE, or the token that Kubernetes projects. */
  readonly credential?: CredentialOption;
  /** PEM file of the authority that has signed the bus's certificate; else KEYTRAIL_NATS_CA_FILE, else Node's own. */
  readonly caFile?: string;
  /** Shown by the bus's tools; `keytrail-client` by default. */
  readonly name?: string;
  /** How long `connect` goes on trying where nobody answers, in ms; 30,000 by default, 0 to try once. */
  readonly patienceMs?: number;
  /** How many receipts are kept; 1,000 by default. */
  readonly receipts?: number;
  /**
   * Whether calls of `decrypt` that are made in one turn of the event loop travel as one request; false by default.
   * Each has its own event and outcome all the same. One with a `timeoutMs`, `requestId` or `traceparent` of its own
   * travels by itself.
   */
  readonly coalesce?: boolean;
  /**
   * Whether what is turned away because the vault has too much to do (`service.overloaded`) is asked again until its
   * deadline; true by default.
   */
  readonly retries?: boolean;
}

/** All that was to be told, except for the credential. */
export interface Settings {
  readonly url: string;
  /** Null: in clear text, on this machine. */
  readonly tls: TlsOptions | null;
  readonly vaultKey: VaultKey;
  readonly name: string;
  readonly patienceMs: number;
  readonly receipts: number;
  readonly coalesce: boolean;
  readonly retries: boolean;
}

/** Throws {@link KeytrailError} `request.malformed` with every mistake there is. */
export function settingsOf(options: ConnectOptions, env: NodeJS.ProcessEnv): Settings {
  const { KEYTRAIL_NATS_URL = '', KEYTRAIL_VAULT_KEY, KEYTRAIL_NATS_CA_FILE } = env;
  const { url = KEYTRAIL_NATS_URL, vaultKey = KEYTRAIL_VAULT_KEY, caFile = KEYTRAIL_NATS_CA_FILE || null } = options;
  const { name = 'keytrail-client', patienceMs = 30_000, receipts = 1_000 } = options;
  const { coalesce = false, retries = true } = options;
  const known = VaultKey.safeParse(vaultKey);
  const mistakes = [
    urlMistake(url),
    known.success ? null : '`vaultKey`, or KEYTRAIL_VAULT_KEY, is not there or not a vault key: kv_ and 43 characters',
    caFile === null || isReadable(caFile) ? null : '`caFile`, or KEYTRAIL_NATS_CA_FILE, cannot be read',
    isCount(patienceMs) ? null : '`patienceMs` is not a whole number of milliseconds',
    isCount(receipts) ? null : '`receipts` is not a whole number',
  ].filter((mistake) => mistake !== null);
  if (!known.success || mistakes.length > 0)
    throw new KeytrailError(rpcError('request.malformed', mistakes.join('; ')), 'connect');
  return { url, tls: tlsOf(url, caFile), vaultKey: known.data, name, patienceMs, receipts, coalesce, retries };
}

const NATS_URL = /^(?:nats|tls):\/\/[^\s/@]+$/;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** A JWT on its way to the bus would be anybody's in clear text. */
function urlMistake(url: string): string | null {
  if (!NATS_URL.test(url))
    return '`url`, or KEYTRAIL_NATS_URL, is not there or not a NATS URL without credentials, such as tls://nats:4222';
  if (url.startsWith('tls://') || LOOPBACK.test(URL.parse(url)?.hostname ?? '')) return null;
  return '`url`, or KEYTRAIL_NATS_URL, leads off this machine in clear text: use tls:// in place of nats://';
}

/** NATS itself reads nothing from the scheme. */
function tlsOf(url: string, caFile: string | null): TlsOptions | null {
  if (caFile !== null) return { caFile };
  return url.startsWith('tls://') ? {} : null;
}

function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
