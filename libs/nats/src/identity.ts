/** Who a process is to NATS: an nkey that proves it, and the principal that stands in its subjects. */
import { mintPrincipal } from '@keytrail/crypto';
import { createUser } from '@nats-io/nkeys';

/** `seed` is a secret (nkey seed, `SU…`); `publicKey` (`U…`) stands in the server's configuration. */
export interface Identity {
  readonly name: string;
  readonly principal: string;
  readonly publicKey: string;
  readonly seed: string;
}

/** A new identity; `name` is for people and appears in no subject. */
export function mintIdentity(name: string): Identity {
  const pair = createUser();
  const seed = new TextDecoder().decode(pair.getSeed());
  return { name, principal: mintPrincipal(), publicKey: pair.getPublicKey(), seed };
}
