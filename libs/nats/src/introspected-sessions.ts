/**
 * Sessions as a service knows them that has opened none of them: the vault tells, and what it told is kept for seconds.
 */
import type { Conn, SessionId } from '@keytrail/contracts';
import { IntrospectedSession, parse, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { importSessionKeys } from '@keytrail/crypto';
import { LRUCache } from 'lru-cache';
import type { RpcClient } from './rpc-client.js';
import type { KnownSession, RpcSessions } from './rpc-sessions.js';

/**
 * For so long a withdrawn role or token may still be good for asking this service; the vault itself needs none of it.
 */
const KEPT_MS = 2_000;
const MAX_SESSIONS = 10_000;

/** The vault could not be asked about a session. */
class SessionUnknowable extends Error {
  override readonly name = 'SessionUnknowable';
  readonly code = 'service.unavailable';
}

/** `vault` asks in the name of this service. */
export function introspectedSessions(vault: RpcClient): RpcSessions {
  const known = new LRUCache<SessionId, Promise<KnownSession | null>>({ max: MAX_SESSIONS, ttl: KEPT_MS });
  const ask = async (sessionId: SessionId): Promise<KnownSession | null> => {
    const reply = await vault.request<unknown>({
      service: 'vault',
      workspace: SYSTEM_WORKSPACE,
      aggregate: 'session',
      verb: 'introspect',
      body: { sessionId },
    });
    if (!reply.ok) throw new SessionUnknowable(`the vault could not be asked about a session: ${reply.error.code}`);
    if (reply.value === null) return null;
    const told = parse(IntrospectedSession, reply.value);
    if (!told.ok) throw new SessionUnknowable('the vault told of a session of no form');
    return sessionOf(told.value);
  };
  return {
    find: (sessionId) => {
      const asked = known.get(sessionId);
      if (asked !== undefined) return asked;
      const asking = ask(sessionId);
      known.set(sessionId, asking);
      asking.catch(() => known.delete(sessionId));
      return asking;
    },
  };
}

function sessionOf(told: IntrospectedSession): KnownSession {
  const { sessionId, principal, conn, roles, scopes, expiresAt, address } = told;
  return {
    sessionId,
    principal,
    conn: conn as Conn,
    keys: importSessionKeys(told),
    powers: { roles, ...(scopes !== undefined && { scopes }) },
    expiresAtMs: Date.parse(expiresAt),
    address,
  };
}
