/** What those may do on the bus whom the auth callout admits; whatever is not allowed is denied. */
import { replyPrefix, type Service, streamName } from '@keytrail/contracts';

/** Subjects; a subscription may be held to a queue group, as `<subject> <group>`. */
export interface Permission {
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
}

export interface Permissions {
  readonly publish: Permission;
  readonly subscribe: Permission;
}

/** Where nats-server asks who may come in, and the queue group of those who answer. */
export const AUTH_SUBJECT = '$SYS.REQ.USER.AUTH';
export const AUTH_QUEUE = 'vault';

/** Answers who one is, to whomever asks. */
export const WHO_AM_I = '$SYS.REQ.USER.INFO';

/**
 * The JetStream domain under which readers reach the streams: their own account has none, so that no answer of
 * JetStream can be aimed at a subject that a stream stores.
 */
export const READERS_DOMAIN = 'EVENTS';

/** A caller of the vault, on one connection: asks in its own name, and hears what is addressed to it. */
export function callerPermissions(principal: string, conn: string): Permissions {
  return {
    publish: { allow: [`rpc.vault.${principal}.${conn}.*.*.*`, WHO_AM_I] },
    subscribe: { allow: [`${replyPrefix(principal, conn)}>`, `notify.${principal}.>`, `_INBOX.${conn}.>`] },
  };
}

/** A reader of the events of `services`, on one connection: pulls and acknowledges through its own durables. */
export function consumerPermissions(principal: string, conn: string, services: readonly Service[]): Permissions {
  const durable = eventDurable(principal);
  const reading = (service: Service): readonly string[] => {
    const stream = streamName(service);
    const api = ['MSG.NEXT', 'INFO'].map((verb) => `$JS.${READERS_DOMAIN}.API.CONSUMER.${verb}.${stream}.${durable}`);
    return [...api, `$JS.ACK.${stream}.${durable}.>`];
  };
  return {
    publish: { allow: [...services.flatMap(reading), WHO_AM_I] },
    subscribe: { allow: [`_INBOX.${conn}.>`] },
  };
}

/** The durable consumer of a principal, on each stream that it may read. */
export const eventDurable = (principal: string): string => `events-${principal}`;
