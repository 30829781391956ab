/**
 * The configuration of nats-server: accounts that cannot reach each other, and for each identity only what its job
 * needs.
 */
import { durableName, LIMITS, type Service, SERVICES, streamName } from '@keytrail/contracts';
import { AUTH_QUEUE, AUTH_SUBJECT, type Permission, type Permissions, READERS_DOMAIN } from './auth-permissions.js';
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
  /** Whether it makes the durables of those whom the callout lets read events. */
  readonly admitsReaders?: boolean;
}

/** What whoever is asked by others must ask of the vault: who they are, over a session of its own. */
const SESSIONS = ['key.list', 'session.open', 'session.introspect'];

const JOBS: Readonly<Record<Service, Job>> = {
  vault: { publishes: true, reads: [], asksVault: [], admitsReaders: true },
  rotation: { publishes: true, reads: [], asksVault: [...SESSIONS, 'secret.get', 'secret.generate_version'] },
  audit: { publishes: false, reads: ['vault', 'rotation', 'anomaly'], asksVault: SESSIONS },
  anomaly: { publishes: true, reads: ['vault'], asksVault: SESSIONS },
};

const LOOPBACK = '127.0.0.1';

export interface ServerConfiguration {
  /** Where it listens; `127.0.0.1` by default. Elsewhere it speaks TLS or does not start. */
  readonly host?: string;
  readonly port: number;
  /** Folder of JetStream's files. */
  readonly storeDir: string;
  readonly serverName: string;
  readonly identities: SystemIdentities;
  /** PEM files of the server's certificate, with its chain, and key; with them nobody is served in clear text. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** The largest message, headers included, in bytes: a request is far smaller, a page of the audit can come near it. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

/**
 * Longer than a client waits for its handshake, so that a callout that does not answer looks to it like a server that
 * does not, and is waited for; at the end of this time the server says what it says to a refused one.
 */
const AUTHENTICATION_SECONDS = 10;

/** A credential stands in the line with which a client introduces itself, JSON-escaped. */
const CONTROL_LINE_BYTES = LIMITS.jwtCharacters + 4_096;

/** Per connection; nats-server takes such limits from accounts, not from what the callout answers. */
const RPC_SUBSCRIPTIONS = 64;
const READER_LIMITS = { max_subscriptions: 64, max_payload: 8_192 };

interface User {
  readonly nkey: string;
  readonly permissions: Permissions;
}

/**
 * The text of a configuration file; nats-server reads JSON. Whatever is not allowed is denied: nobody but its owner may
 * subscribe to a service's requests, and nobody may read another's replies. With one account for requests and events an
 * event stream could capture requests, and JetStream could be made to send them in another's name.
 */
export function serverConfiguration(of: ServerConfiguration): string {
  const { host = LOOPBACK, port, storeDir, serverName, identities, tls } = of;
  if (host !== LOOPBACK && tls === undefined)
    throw new RangeError(`nats-server speaks clear text on ${LOOPBACK} only: give it a certificate`);
  const { callout } = identities;
  const users = {
    AUTH: [calloutUser(callout.user)],
    RPC: [...SERVICES.map((service) => responder(service, identities[service].rpc)), edge(identities.gateway.rpc)],
    EVENTS: SERVICES.map((service) => correspondent(service, identities[service].events)),
  };
  const configuration = {
    server_name: serverName,
    listen: `${host}:${port}`,
    ...(tls && { tls: { cert_file: tls.certFile, key_file: tls.keyFile } }),
    max_payload: MAX_PAYLOAD_BYTES,
    max_control_line: CONTROL_LINE_BYTES,
    authorization: {
      timeout: AUTHENTICATION_SECONDS,
      auth_callout: {
        account: 'AUTH',
        issuer: callout.issuer.publicKey,
        xkey: callout.xkey.publicKey,
        // Whoever has a key of its own comes in without the callout, which itself has to come in.
        auth_users: Object.values(users).flatMap((all) => all.map(({ nkey }) => nkey)),
      },
    },
    // Who no longer answers must not go on being given requests for as long as its replicas would answer them.
    ping_interval: '2s',
    ping_max: 2,
    // The bus can be rebuilt from the journals, so it need not sync before each acknowledgement.
    jetstream: { store_dir: storeDir, sync_interval: '10s' },
    accounts: {
      // Apart, so that nobody can listen in on a credential.
      AUTH: { users: users.AUTH },
      RPC: { users: users.RPC, limits: { max_subscriptions: RPC_SUBSCRIPTIONS } },
      EVENTS: { jetstream: 'enabled', users: users.EVENTS, exports: readable() },
      READERS: { imports: readable().map(imported), limits: READER_LIMITS },
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

/** What readers may ask of JetStream, across accounts: within its own, an answer can be aimed at a stream's subject. */
function readable() {
  return [
    { service: '$JS.API.CONSUMER.MSG.NEXT.>', response_type: 'stream', accounts: ['READERS'] },
    { service: '$JS.API.CONSUMER.INFO.>', accounts: ['READERS'] },
    { service: '$JS.ACK.>', accounts: ['READERS'] },
  ];
}

/** Under a domain of their own, as `$JS.API` answers each account about itself. */
function imported({ service }: { readonly service: string }) {
  const to = service.replace('$JS.API', `$JS.${READERS_DOMAIN}.API`);
  return { service: { account: 'EVENTS', subject: service }, ...(to !== service && { to }) };
}

/** May hear what servers ask, with its replicas, and answer them. */
function calloutUser({ publicKey }: Identity): User {
  return user(publicKey, { allow: ['$SYS._INBOX.>'] }, { allow: [`${AUTH_SUBJECT} ${AUTH_QUEUE}`] });
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

/** What releases values, and what only Keytrail's other processes ask of the vault. */
const NOT_OF_THE_EDGE = ['secret.decrypt', 'secret.decrypt_batch', 'secret.generate_version', 'session.introspect'];

function edge({ publicKey, principal }: Identity): User {
  const publish = {
    allow: [`rpc.*.${principal}.*.>`],
    deny: NOT_OF_THE_EDGE.map((operation) => `rpc.vault.*.*.*.${operation}`),
  };
  return user(publicKey, publish, { allow: [`_R.${principal}.*.>`] });
}

/** On the bus of events: may do to its own stream, and to those that it reads, what its job needs, and nothing else. */
function correspondent(service: Service, { publicKey }: Identity): User {
  const { publishes, reads, admitsReaders } = JOBS[service];
  const allow = [
    ...(publishes ? publishing(service) : []),
    ...reads.flatMap((of) => reading(service, of)),
    ...(admitsReaders ? durableApi('*', '*') : []),
  ];
  const publish = { allow, ...(admitsReaders && { deny: durablesOfServices() }) };
  return user(publicKey, publish, { allow: [`${inboxOf(publicKey)}.>`] });
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
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    ...consumerApi(stream, durable),
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ];
}

const consumerApi = (stream: string, durable: string): readonly string[] =>
  ['CREATE', 'DELETE', 'INFO'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);

/** The same for consumers with several filters, which the client library makes under an older subject. */
const durableApi = (stream: string, durable: string): readonly string[] =>
  ['DURABLE.CREATE', 'DELETE', 'INFO'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`);

/** What the vault, making durables for readers, must not touch: a subject cannot say `events-*`. */
function durablesOfServices(): readonly string[] {
  return SERVICES.flatMap((reader) =>
    JOBS[reader].reads.flatMap((service) => durableApi(streamName(service), durableName(reader, service))),
  );
}

function user(nkey: string, publish: Permission, subscribe: Permission): User {
  return { nkey, permissions: { publish, subscribe } };
}
