/** Every NATS subject of the system is built and read here. */
import { Conn, Principal, Workspace } from './ids.js';

/** The tokens of `rpc.<service>.<principal>.<conn>.<workspace>.<aggregate>.<verb>`. */
export interface RpcAddress {
  readonly service: string;
  readonly principal: Principal;
  readonly conn: Conn;
  readonly workspace: Workspace;
  readonly aggregate: string;
  readonly verb: string;
}

const NAME = /^[a-z][a-z_]{0,31}$/;

export function rpcSubject(to: RpcAddress): string {
  return `rpc.${to.service}.${to.principal}.${to.conn}.${to.workspace}.${to.aggregate}.${to.verb}`;
}

/** The address in a subject, or null where any token is not of its grammar: a literal `*` can arrive as a token. */
export function parseRpcSubject(subject: string): RpcAddress | null {
  const [root, service = '', principal, conn, workspace, aggregate = '', verb = '', ...rest] = subject.split('.');
  if (root !== 'rpc' || rest.length > 0) return null;
  if (!NAME.test(service) || !NAME.test(aggregate) || !NAME.test(verb)) return null;
  const who = Principal.safeParse(principal);
  const where = Conn.safeParse(conn);
  const room = Workspace.safeParse(workspace);
  if (!who.success || !where.success || !room.success) return null;
  return { service, principal: who.data, conn: where.data, workspace: room.data, aggregate, verb };
}

/** What a service's one subscription listens to. */
export const rpcSubscription = (service: string): string => `rpc.${service}.>`;

/** Below this, dot included, stand the reply subjects of one connection, and nobody else's. */
export const replyPrefix = (principal: string, conn: string): string => `_R.${principal}.${conn}.`;

export interface EventAddress {
  readonly service: string;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
}

export function eventSubject(of: EventAddress): string {
  return `evt.${of.service}.${of.workspace}.${of.aggregate}.${of.type}`;
}

/** The address in an event's subject, or null where any token is not of its grammar. */
export function parseEventSubject(subject: string): EventAddress | null {
  const [root, service = '', room, aggregate = '', type = '', ...rest] = subject.split('.');
  if (root !== 'evt' || rest.length > 0) return null;
  const workspace = Workspace.safeParse(room);
  if (!NAME.test(service) || !workspace.success || !NAME.test(aggregate) || !/^[A-Za-z]+$/.test(type)) return null;
  return { service, workspace: workspace.data, aggregate, type };
}

/** Every event of a service. */
export const eventSubscription = (service: string): string => `evt.${service}.>`;

/** The JetStream stream of a service: `VAULT`, `AUDIT`, … */
export const streamName = (service: string): string => service.toUpperCase();

/** The durable consumer `<reader>-<stream>` in lower case. */
export const durableName = (reader: string, service: string): string => `${reader}-${service}`;
