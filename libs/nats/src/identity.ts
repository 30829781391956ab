/** Who a process is to NATS: an nkey that proves it, and the principal that stands in its subjects. */
import { type Service, SERVICES } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import { createAccount, createCurve, createUser } from '@nats-io/nkeys';

/** `seed` is a secret (nkey seed, `S…`); `publicKey` stands in the server's configuration. */
export interface KeyPair {
  readonly publicKey: string;
  readonly seed: string;
}

/** The seed is a user's (`SU…`), the public key too (`U…`). */
export interface Identity extends KeyPair {
  readonly name: string;
  readonly principal: string;
}

/** What a key is for: a user's proves who it is, an account's signs users' JWTs, a curve key encrypts. */
export type KeyPairKind = 'user' | 'account' | 'curve';

const MINT = { user: createUser, account: createAccount, curve: createCurve };

/** A new key pair: `U…`/`SU…`, `A…`/`SA…` or `X…`/`SX…`. */
export function mintKeyPair(kind: KeyPairKind): KeyPair {
  const pair = MINT[kind]();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}

/** A new identity; `name` is for people and appears in no subject. */
export function mintIdentity(name: string): Identity {
  return { name, principal: mintPrincipal(), ...mintKeyPair('user') };
}

/** `rpc` and `events` are apart because they are users of different accounts. */
export interface ServiceIdentities {
  readonly rpc: Identity;
  readonly events: Identity;
}

/** What the auth callout holds, one for all replicas of the vault. */
export interface CalloutIdentity {
  /** As whom it connects. */
  readonly user: Identity;
  /** The account key that signs what each caller may do. */
  readonly issuer: KeyPair;
  /** The curve key to which nats-server encrypts the credentials of callers. */
  readonly xkey: KeyPair;
}

/** Everybody that NATS knows by a key of their own; all others come in by the callout. */
export interface SystemIdentities extends Readonly<Record<Service, ServiceIdentities>> {
  readonly gateway: { readonly rpc: Identity };
  readonly callout: CalloutIdentity;
}

/**
 * The identities of a whole system, each made by `identityOf` under its name, such as `vault-rpc`, and the callout's
 * keys `callout-issuer` (account) and `callout-xkey` (curve), made by `keyPairOf`.
 */
export function systemIdentities(
  identityOf: (name: string) => Identity = mintIdentity,
  keyPairOf: (name: string, kind: KeyPairKind) => KeyPair = (_name, kind) => mintKeyPair(kind),
): SystemIdentities {
  const pair = (service: Service): ServiceIdentities => ({
    rpc: identityOf(`${service}-rpc`),
    events: identityOf(`${service}-events`),
  });
  const services = Object.fromEntries(SERVICES.map((service) => [service, pair(service)]));
  return {
    ...(services as Record<Service, ServiceIdentities>),
    gateway: { rpc: identityOf('gateway-rpc') },
    callout: {
      user: identityOf('callout-user'),
      issuer: keyPairOf('callout-issuer', 'account'),
      xkey: keyPairOf('callout-xkey', 'curve'),
    },
  };
}
