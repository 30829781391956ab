/** Whether a session may ask what it asks: judged on its principal as it stands in the journal now. */
import type { Powers, Principal, RpcReply } from '@keytrail/contracts';
import { permits } from '@keytrail/contracts';
import { refused, type RpcRequest } from '@keytrail/nats';
import { type Database, serveOnce } from '@keytrail/postgres';
import type { Directory } from '../principal/directory.js';
import type { SessionStore } from './session.store.js';
import { standingOf } from './standing.js';

const SERVICE = 'vault';

export class Authorization {
  constructor(
    private readonly database: Database,
    private readonly directory: Directory,
    private readonly sessions: SessionStore,
  ) {}

  /**
   * Null where the request may be served; then its counter is taken, on every replica. A decrypt is let through: its
   * refusal is an event, and whether it is allowed is judged behind the fence.
   */
  async authorize(request: RpcRequest): Promise<RpcReply<never> | null> {
    const { address, session, counter, via } = request;
    if (session === null || counter === null) return null;
    const isDecrypt = address.aggregate === 'secret' && address.verb === 'decrypt';
    if (isDecrypt) return via === undefined ? null : denied(request);
    const own = await this.powersOfSession(session);
    if (own === null) return withdrawn;
    const { aggregate, verb, workspace } = address;
    const maySpeak = isGateway(own) && aggregate !== 'session';
    const powers = via === undefined ? own : maySpeak ? await this.powersNow(request.actor) : null;
    if (powers === null || !permits(powers, { service: SERVICE, aggregate, verb }, workspace)) return denied(request);
    return (await serveOnce(this.database, { session: session.sessionId, counter })) ? null : repeated;
  }

  private async powersOfSession({ sessionId, principal }: NonNullable<RpcRequest['session']>): Promise<Powers | null> {
    const session = await this.sessions.get(sessionId);
    if (session === null) return null;
    const standing = standingOf(await this.directory.of(principal), session, Date.now());
    return standing.ok ? standing.powers : null;
  }

  /**
   * Of somebody that the gateway speaks for: it has held the scopes of their token against the request itself. Nobody
   * speaks for a process of Keytrail's own.
   */
  private async powersNow(actor: Principal): Promise<Powers | null> {
    const facts = await this.directory.of(actor);
    if (facts !== null && facts.state.nkey !== null) return null;
    const standing = standingOf(facts, { tokenId: null }, Date.now());
    return standing.ok ? standing.powers : null;
  }
}

const isGateway = ({ roles }: Powers): boolean => roles.some(({ role }) => role === 'gateway');

const denied = ({ address: { aggregate, verb } }: RpcRequest): RpcReply<never> =>
  refused('access.denied', `your roles do not permit ${aggregate}.${verb} in this workspace`);

const withdrawn = refused('auth.invalid', 'the credential that opened this session is no longer good');

const repeated = refused('auth.session_invalid', 'a request of this counter was served before: open a new session');
