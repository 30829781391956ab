/** Those who ask a vault in specs: through the real auth callout, in sessions of their own, honestly or not. */
import {
  type Credential,
  LIMITS,
  type Principal,
  type RpcReply,
  type SealedMessage,
  type VaultKey,
} from '@keytrail/contracts';
import { connectSecretOf, mintConn, SEALED_FOR, sealTo } from '@keytrail/crypto';
import {
  type BusConnection,
  connectCaller,
  connectRpc,
  type Identity,
  nkeyCredential,
  type RpcCall,
  type RpcClient,
  rpcClient,
  sealingKeys,
} from '@keytrail/nats';

/** `ok`, or the code of the refusal. */
export const codeOf = (reply: RpcReply): string => (reply.ok ? 'ok' : reply.error.code);

/** The value of a reply; throws the refusal. */
export function valueOf<T>(reply: RpcReply<T>): T {
  if (reply.ok) return reply.value;
  throw new Error(`${reply.error.code}: ${reply.error.message}`);
}

export type Ask = (operation: string, body: unknown, rest?: Partial<RpcCall>) => ReturnType<RpcClient['request']>;

/** Somebody who may ask. */
export interface Asker {
  readonly principal: Principal;
  readonly ask: Ask;
}

/** Somebody with a connection of their own. */
export interface Caller extends Asker {
  readonly conn: string;
  readonly connection: BusConnection;
}

/** Where callers find the bus and by what they know the vault. */
export interface Surroundings {
  readonly url: string;
  readonly vaultKey: VaultKey;
  /** Takes over what is to be closed in the end. */
  readonly keep: (connection: BusConnection) => void;
}

const OF_NO_WORKSPACE = ['principal', 'token', 'session', 'key'];

/** Real servers on a busy machine: nobody gives up before the longest deadline. */
const asking =
  (rpc: RpcClient): Ask =>
  (operation, body, rest = {}) => {
    const [aggregate = '', verb = ''] = operation.split('.');
    const workspace = OF_NO_WORKSPACE.includes(aggregate) ? '_system' : 'acme';
    const deadlineMs = Date.now() + LIMITS.deadlineMaxMs;
    return rpc.request({ service: 'vault', workspace, aggregate, verb, body, deadlineMs, ...rest });
  };

/** Opens somebody's session: on a busy machine that takes longer than a client waits, and is not what specs try. */
export async function opened<A extends Asker>(asker: A): Promise<A> {
  for (;;) {
    const reply = await asker.ask('session.none', {});
    if (reply.ok || !reply.error.retryable) return asker;
  }
}

/** A process of Keytrail's own, known by its nkey. */
export async function fixedCaller({ url, vaultKey, keep }: Surroundings, identity: Identity): Promise<Caller> {
  const { principal, seed } = identity;
  const conn = mintConn();
  const connection = await connectRpc({ ...identity, url, conn });
  keep(connection);
  const rpc = rpcClient(connection, { principal, conn }, { vaultKey, credential: nkeyCredential(seed) });
  return { principal: principal as Principal, conn, connection, ask: asking(rpc) };
}

/** Somebody that the gateway speaks for. */
export function onBehalf(gateway: Caller, principal: Principal): Asker {
  return {
    principal,
    ask: (operation, body, rest) => gateway.ask(operation, body, { onBehalfOf: principal, ...rest }),
  };
}

/** Somebody with an API token. */
export function tokenCaller(surroundings: Surroundings, token: string): Promise<Caller> {
  return outsideCaller(surroundings, connectSecretOf(token) as string, { type: 'api_token', token });
}

/** Somebody who comes in by a secret, and shows a credential for their session. */
export async function outsideCaller(
  { url, vaultKey, keep }: Surroundings,
  secret: string,
  credential: Credential,
): Promise<Caller> {
  const conn = mintConn();
  const connection = await connectCaller({ url, name: 'caller', conn, secret: () => secret });
  keep(connection);
  const { principal } = connection;
  const rpc = rpcClient(connection, { principal, conn }, { vaultKey, credential: () => credential });
  return { principal: principal as Principal, conn, connection, ask: asking(rpc) };
}

/** Further sessions of somebody who is connected; each call opens one of its own. */
export function anotherSession({ connection, principal, conn }: Caller, vaultKey: VaultKey, shown: Credential): Asker {
  const rpc = rpcClient(connection, { principal, conn }, { vaultKey, credential: () => shown });
  return { principal, ask: asking(rpc) };
}

export type Seal = (reference: string, value: string | Uint8Array) => Promise<SealedMessage>;

/** Seals values for references, as every client does before it sends one. */
export function sealer({ ask }: Pick<Asker, 'ask'>, vaultKey: VaultKey): Seal {
  const request = <T>(call: RpcCall) => ask(`${call.aggregate}.${call.verb}`, call.body) as Promise<RpcReply<T>>;
  const keys = sealingKeys({ request }, vaultKey);
  return async (reference, value) => {
    const key = valueOf(await keys.current());
    const sealedFor = { purpose: SEALED_FOR.value, context: [reference] };
    const { exportSecret: _, ...sealed } = sealTo(key, Buffer.from(value), sealedFor);
    return sealed as SealedMessage;
  };
}
