/** Where a program's credential comes from, and what of it is shown to whom. */
import fs from 'node:fs';
import { type Code, type Credential, rpcError } from '@keytrail/contracts';
import { connectSecretOf } from '@keytrail/crypto';
import { KeytrailError } from './keytrail-error.js';

/** Where Kubernetes projects a ServiceAccount token whose audience is Keytrail; see docs/identity.md. */
export const KUBERNETES_TOKEN_FILE = '/var/run/secrets/keytrail/token';

/**
 * An API token or a JWT (OIDC, Kubernetes), or the file that holds one. The file is read anew whenever one is needed,
 * and what is put there must be the same principal's.
 */
export type CredentialOption = { readonly token: string } | { readonly tokenFile: string };

/** A credential as it is shown. */
export interface ShownCredential {
  /** Inside of a session's set-up. */
  readonly toVault: Credential;
  /** As a password: of an API token only what is derived from it. */
  readonly toBus: string;
}

/**
 * Reads the credential as it is now. Throws {@link KeytrailError}: `auth.missing` where there is none, `auth.invalid`
 * where what is there cannot be one.
 */
export type CredentialReader = () => ShownCredential;

/** Reads what `option` says; else KEYTRAIL_TOKEN, KEYTRAIL_TOKEN_FILE, and at last the file of Kubernetes. */
export function credentialReader(
  option: CredentialOption | undefined,
  { KEYTRAIL_TOKEN: token, KEYTRAIL_TOKEN_FILE: file }: NodeJS.ProcessEnv,
  kubernetesFile = KUBERNETES_TOKEN_FILE,
): CredentialReader {
  if (option !== undefined)
    return 'token' in option
      ? given(option.token, '`credential.token`')
      : inFile(option.tokenFile, '`credential.tokenFile`');
  if (token) return given(token, 'KEYTRAIL_TOKEN');
  if (file) return inFile(file, 'KEYTRAIL_TOKEN_FILE');
  return inFile(kubernetesFile, KUBERNETES_TOKEN_FILE);
}

/** `place` stands for the path: who puts the token itself where its file belongs must not find it in a log. */
function inFile(file: string, place: string): CredentialReader {
  return () => {
    let text: string;
    try {
      text = fs.readFileSync(file, 'utf8');
    } catch (error) {
      throw unusable('auth.missing', `${place} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    return shown(text, place);
  };
}

const given =
  (token: string, place: string): CredentialReader =>
  () =>
    shown(token, place);

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function shown(text: string, place: string): ShownCredential {
  const token = text.trim();
  const derived = connectSecretOf(token);
  if (derived !== null) return { toVault: { type: 'api_token', token }, toBus: derived };
  // What is neither may still be most of a token, and the bus is shown none.
  if (JWT.test(token)) return { toVault: { type: 'jwt', token }, toBus: token };
  throw token === ''
    ? unusable('auth.missing', `${place} is empty`)
    : unusable('auth.invalid', `${place} holds neither an API token nor a JWT: it may have been cut short`);
}

function unusable(code: Code, what: string): KeytrailError {
  const remedy = 'give `credential`, or set KEYTRAIL_TOKEN_FILE to a file with an API token or a JWT';
  return new KeytrailError(rpcError(code, `${what}; ${remedy}`), 'connect');
}
