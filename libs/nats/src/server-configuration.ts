/**
 * The configuration of nats-server: three accounts that cannot reach each other, and for each identity only what its
 * job needs.
 */
import { durableName, type Service, SERVICES, streamName } from '@keytrail/contracts';
import { inboxOf } from './connect.js';
import type { Identity, SystemIdentities } from './identity.js';

/**
 * What a service does on the bus besides answering: whether it fills a stream, whose it reads, what it asks of the
 * vault.
 */
interface Job {
  readonly publishes: boolean;
  readonly reads: readonly Service[];
  readonly asksVault: readonly string[];
}

const JOBS: Readonly<Record<Service, Job>> = {
  vault: { publishes: true, reads: [], asksVault: [] },
  rotation: { publishes: true, reads: [], asksVault: ['secret.get', 'secret.generate_version'] },
  audit: { publishes: false, reads: ['vault', 'rotation', 'anomaly'], asksVault: [] },
  anomaly: { publishes: true, reads: ['vault'], asksVault: [] },
};

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
 * subscribe to a service's requests, and nobody may read another's replies. With one account for requests and events an
 * event
 * stream could capture requests, and JetStream could be made to send them in another's name.
 */
export function serverConfiguration({ port, storeDir, serverName, identities }: ServerConfiguration): string {
  const { gateway, callers } = identities;
  const configuration = {
    server_name: serverName,
    listen: `127.0.0.1:${port}`,
    max_payload: MAX_PAYLOAD_BYTES,
    // A process that is starting has much to do beside signing the server's challenge.
    authorization: { timeout: AUTHENTICATION_SECONDS },
    // Who no longer answers must not go on being given requests for as long as its replicas would answer them.
    ping_interval: '2s',
    ping_max: 2,
    // The bus can be rebuilt from the journals, so it need not sync before each acknowledgement.
    jetstream: { store_dir: storeDir, sync_interval: '10s' },
    accounts: {
      // For the callout that will admit callers by their tokens: apart, so that nobody can listen in on a credential.
      AUTH: {},
      RPC: {
        users: [
          ...SERVICES.map((service) => responder(service, identities[service].rpc)),
          edge(gateway.rpc),
          ...callers.map(caller),
        ],
      },
      EVENTS: {
        jetstream: 'enabled',
        users: SERVICES.map((service) => correspondent(service, identities[service].events)),
      },
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/**
 * May listen in the service's queue group only, answer below anybody's reply prefix, and ask the vault what its job
 * needs.
 */
function responder(service: Service, { publicKey, principal }: Identity): User {
  const { asksVault } = JOBS[service];
  const asks = asksVault.map((operation) => `rpc.vault.${principal}.*.*.${operation}`);
  const replies = asks.length > 0 ? [`_R.${principal}.*.>`] : [];
  return user(publicKey, { allow: ['_R.>', ...asks] }, { allow: [`rpc.${service}.> ${service}`, ...replies] });
}

function edge({ publicKey, principal }: Identity): User {
  const publish = { allow: [`rpc.*.${principal}.*.>`], deny: ['rpc.vault.*.*.*.secret.decrypt'] };
  return user(publicKey, publish, { allow: [`_R.${principal}.*.>`] });
}

function caller({ publicKey, principal }: Identity): User {
  const publish = { allow: [`rpc.vault.${principal}.*.*.secret.decrypt`] };
  return user(publicKey, publish, { allow: [`_R.${principal}.*.>`, `notify.${principal}.>`] });
}

/** On the bus of events: may do to its own stream, and to those that it reads, what its job needs, and nothing else. */
function correspondent(service: Service, { publicKey }: Identity): User {
  const { publishes, reads } = JOBS[service];
  const allow = [...(publishes ? publishing(service) : []), ...reads.flatMap((of) => reading(service, of))];
  return user(publicKey, { allow }, { allow: [`${inboxOf(publicKey)}.>`] });
}

/** To fill a stream, look at its ends, and throw it away to build it afresh; not to purge or reconfigure it. */
function publishing(service: Service): readonly string[] {
  const api = ['STREAM.INFO', 'STREAM.CREATE', 'STREAM.DELETE', 'STREAM.MSG.GET'];
  return [`evt.${service}.>`, ...api.map((verb) => `$JS.API.${verb}.${streamName(service)}`)];
}

/** To read one stream through one durable consumer of its own. */
function reading(reader: Service, service: Service): readonly string[] {
  const stream = streamName(service);
  const durable = durableName(reader, service);
  const api = ['CREATE', 'DELETE', 'INFO', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);
  return [`$JS.API.STREAM.INFO.${stream}`, ...api, `$JS.ACK.${stream}.${durable}.>`];
}

function user(nkey: string, publish: Permission, subscribe: Permission): User {
  return { nkey, permissions: { publish, subscribe } };
}
