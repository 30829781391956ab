/** Who a process is to NATS: an nkey that proves it, and the principal that stands in its subjects. */
import { type Service, SERVICES } from '@keytrail/contracts';
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

/** `rpc` and `events` are apart because they are users of different accounts. */
export interface ServiceIdentities {
  readonly rpc: Identity;
  readonly events: Identity;
}

/** Everybody that NATS knows by a key of their own. */
export interface SystemIdentities extends Readonly<Record<Service, ServiceIdentities>> {
  readonly gateway: { readonly rpc: Identity };
  readonly callers: readonly Identity[];
}

/**
 * The identities of a whole system, each made by `identityOf` under its name, such as `vault-rpc` or a caller's own.
 */
export function systemIdentities<const Names extends readonly string[]>(
  callers: Names,
  identityOf: (name: string) => Identity = mintIdentity,
): SystemIdentities & { readonly callers: { readonly [I in keyof Names]: Identity } } {
  const pair = (service: Service): ServiceIdentities => ({
    rpc: identityOf(`${service}-rpc`),
    events: identityOf(`${service}-events`),
  });
  const services = Object.fromEntries(SERVICES.map((service) => [service, pair(service)]));
  return {
    ...(services as Record<Service, ServiceIdentities>),
    gateway: { rpc: identityOf('gateway-rpc') },
    callers: callers.map(identityOf) as { readonly [I in keyof Names]: Identity },
  };
}
