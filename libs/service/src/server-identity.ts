/** How a process that listens proves its name: by a certificate and its key, which it needs off loopback. */
import { createSecureContext } from 'node:tls';
import { isLoopback } from './clear-text.js';

/** The certificate with those above it, and its key, both as PEM. */
export interface ServerIdentity {
  readonly cert: string;
  readonly key: string;
}

interface ListeningEnvironment {
  readonly KEYTRAIL_HOST?: string | undefined;
  readonly KEYTRAIL_TLS_CERT_FILE?: string | undefined;
  readonly KEYTRAIL_TLS_KEY_FILE?: string | undefined;
}

/** Of an environment that was parsed; undefined where the process serves clear text, which stays on loopback. */
export function serverIdentityOf(parsed: ListeningEnvironment): ServerIdentity | undefined {
  const { KEYTRAIL_TLS_CERT_FILE: cert, KEYTRAIL_TLS_KEY_FILE: key } = parsed;
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

/**
 * What is wrong with the variables together, each right by itself: as they are `given`, and as they were `parsed`,
 * undefined where another one is wrong.
 */
export function listeningMistakes(
  given: ListeningEnvironment,
  parsed: ListeningEnvironment | undefined,
): readonly string[] {
  const { KEYTRAIL_HOST: host, KEYTRAIL_TLS_CERT_FILE: certFile, KEYTRAIL_TLS_KEY_FILE: keyFile } = given;
  if ((certFile === undefined) !== (keyFile === undefined))
    return ['KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE belong together: set both, or neither'];
  if (certFile === undefined && host !== undefined && !isLoopback(host))
    return ['KEYTRAIL_HOST is not loopback: set KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE, or use 127.0.0.1'];
  const identity = parsed && serverIdentityOf(parsed);
  return identity === undefined || isUsable(identity)
    ? []
    : ['KEYTRAIL_TLS_CERT_FILE and KEYTRAIL_TLS_KEY_FILE do not hold a certificate in PEM and its own key'];
}

function isUsable(identity: ServerIdentity): boolean {
  try {
    createSecureContext(identity);
    return true;
  } catch {
    return false;
  }
}
