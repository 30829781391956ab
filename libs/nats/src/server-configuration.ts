/** The configuration of nats-server: three accounts that cannot reach each other, and for each identity only what its job needs. */
import { durableName, streamName } from '@keytrail/contracts';
import { inboxOf } from './connect.js';
import type { Identity } from './identity.js';

/** The processes that NATS knows. `rpc` and `events` are apart because they are users of different accounts. */
export interface SystemIdentities {
  readonly vault: { readonly rpc: Identity; readonly events: Identity };
  readonly audit: { readonly rpc: Identity; readonly events: Identity };
  readonly gateway: { readonly rpc: Identity };
  readonly callers: readonly Identity[];
}

export interface ServerConfiguration {
  readonly port: number;
  /** Folder of JetStream's files. */
  readonly storeDir: string;
  readonly serverName: string;
  readonly identities: SystemIdentities;
}

/** The largest message, headers included, in bytes: a request is far smaller, a page of the audit can come near it. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

const AUTHENTICATION_SECONDS = 10;

interface Permission {
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
}

interface User {
  readonly nkey: string;
  readonly permissions: { readonly publish: Permission; readonly subscribe: Permission };
}

/**
 * The text of a configuration file; nats-server reads JSON. Whatever is not allowed is denied: nobody but its owner may
 * subscribe to a service's requests, and nobody may read another's replies. With one account for requests and events an event
 * stream could capture requests, and JetStream could be made to send them in another's name.
 */
export function serverConfiguration({ port, storeDir, serverName, identities }: ServerConfiguration): string {
  const { vault, audit, gateway, callers } = identities;
  const configuration = {
    server_name: serverName,
    listen: `127.0.0.1:${port}`,
    max_payload: MAX_PAYLOAD_BYTES,
    // A process that is starting has much to do beside signing the server's challenge.
    authorization: { timeout: AUTHENTICATION_SECONDS },
    // The bus can be rebuilt from the journals, so it need not sync before each acknowledgement.
    jetstream: { store_dir: storeDir, sync_interval: '10s' },
    accounts: {
      // For the callout that will admit callers by their tokens: apart, so that nobody can listen in on a credential.
      AUTH: {},
      RPC: {
        users: [
          responder('vault', vault.rpc),
          responder('audit', audit.rpc),
          edge(gateway.rpc),
          ...callers.map(caller),
        ],
      },
      EVENTS: {
        jetstream: 'enabled',
        users: [publisher('vault', vault.events), reader('audit', 'vault', audit.events)],
      },
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** May listen in the service's queue group only, and answer below anybody's reply prefix. */
function responder(service: string, { publicKey }: Identity): User {
  return user(publicKey, { allow: ['_R.>'] }, { allow: [`rpc.${service}.> ${service}`] });
}

function edge({ publicKey, principal }: Identity): User {
  const publish = { allow: [`rpc.*.${principal}.*.>`], deny: ['rpc.vault.*.*.*.secret.decrypt'] };
  return user(publicKey, publish, { allow: [`_R.${principal}.*.>`] });
}

function caller({ publicKey, principal }: Identity): User {
  const publish = { allow: [`rpc.vault.${principal}.*.*.secret.decrypt`] };
  return user(publicKey, publish, { allow: [`_R.${principal}.*.>`, `notify.${principal}.>`] });
}

/** May fill its own stream, look at its ends, and throw it away to build it afresh; it may not purge or reconfigure it. */
function publisher(service: string, { publicKey }: Identity): User {
  const stream = streamName(service);
  const api = ['STREAM.INFO', 'STREAM.CREATE', 'STREAM.DELETE', 'STREAM.MSG.GET'].map(
    (verb) => `$JS.API.${verb}.${stream}`,
  );
  return user(publicKey, { allow: [`evt.${service}.>`, ...api] }, { allow: [`${inboxOf(publicKey)}.>`] });
}

/** May read one stream through one durable consumer of its own. */
function reader(name: string, service: string, { publicKey }: Identity): User {
  const stream = streamName(service);
  const durable = durableName(name, service);
  const api = ['CREATE', 'DELETE', 'INFO', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);
  const publish = { allow: [`$JS.API.STREAM.INFO.${stream}`, ...api, `$JS.ACK.${stream}.${durable}.>`] };
  return user(publicKey, publish, { allow: [`${inboxOf(publicKey)}.>`] });
}

function user(nkey: string, publish: Permission, subscribe: Permission): User {
  return { nkey, permissions: { publish, subscribe } };
}
