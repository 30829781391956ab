/** Whoever holds the door does not know these credentials, or no longer: to try again with the same is in vain. */
export class CredentialsRefused extends Error {
  readonly code = 'auth.invalid';

  constructor(cause: unknown) {
    super('the bus refuses these credentials', { cause });
    this.name = 'CredentialsRefused';
  }
}
