/** Whether a request may be served: judged on its asker and its workspace as they stand in the journal now. */
import type { Decisions } from '@keytrail/access';
import {
  DecideRequest,
  declarationOf,
  DENIAL_STREAM,
  type DenialReason,
  type OperationDenied,
  partsOf,
  type Permission,
  permissionOf,
  type Principal,
  principalStream,
  Reference,
  type RpcReply,
  SYSTEM_WORKSPACE,
  type TokenId,
  type Workspace,
  workspaceStream,
} from '@keytrail/contracts';
import { NO_STREAM, type Permit, type StreamRevision } from '@keytrail/eventsourcing';
import { factsOf, PermissionWithdrawn, refused, type RpcRequest } from '@keytrail/nats';
import { type Database, type ServeOnce, serveOnce } from '@keytrail/postgres';
import type { SessionStore } from '../session/session.store.js';
import { standingOf } from '../session/standing.js';
import type { VaultStreams } from '../vault.ports.js';
import { type Asked, type Asker, earlier, judgeAsker, type NotPermitted, policiesIn, POWERLESS } from './asker.js';
import type { Denials } from './denials.js';

export interface AuthorizationParts {
  readonly database: Database;
  readonly streams: VaultStreams;
  readonly decisions: Decisions;
  readonly denials: Denials;
  readonly sessions: SessionStore;
}

/** Of whoever the request is made for: the sender, or whom the gateway speaks for. */
interface Speaker {
  readonly principal: Principal;
  readonly tokenId: TokenId | null;
  /** The session, which has an end (epoch milliseconds), and its sender where that speaks for another. */
  readonly speaksBy: { readonly decidedOn: Permit['decidedOn']; readonly untilMs: number | null };
}

type Session = NonNullable<RpcRequest['session']>;

/** A request whose counter is proven, and what it would take. */
interface Asking {
  readonly request: RpcRequest;
  readonly session: Session;
  readonly permission: Permission;
  readonly body: unknown;
}

/** What was asked for, and of which secret where it is about one. */
type Denied = Pick<Asked, 'permission' | 'reference'>;

/** Why nobody is heard who asks like this. */
type Unheard = NotPermitted & { readonly isWithdrawn: boolean };

export class Authorization {
  private readonly serveOnce: ServeOnce;

  constructor(private readonly parts: AuthorizationParts) {
    this.serveOnce = serveOnce(parts.database);
  }

  /**
   * What permits it where the request may be served; then its counter is taken, on every replica. A refusal is an event
   * before it is answered. A decrypt is let through: whether it is allowed is judged behind the fence, which takes the
   * counter of a single one, too.
   */
  async authorize(request: RpcRequest, body: unknown): Promise<RpcReply<never> | Permit | null> {
    const { address, session, counter, via, deadlineMs } = request;
    if (session === null || counter === null) return null;
    const permission = permissionOf(address);
    if (permission === null) return refused('request.unknown_operation', 'there is no such operation');
    const isAccess = permission === 'secret.decrypt' && via === undefined;
    if (isAccess && address.verb === 'decrypt') return null;
    const judged = isAccess ? null : await this.judge({ request, session, permission, body });
    if (judged !== null && 'ok' in judged) return judged;
    const isFirst = await this.serveOnce({ session: session.sessionId, counter, deadlineMs });
    return isFirst ? judged : repeated;
  }

  private async judge(asking: Asking): Promise<RpcReply<never> | Permit> {
    const { request, session, permission, body } = asking;
    const asked = askedOf(permission, request, body);
    const speaker = await this.speakerOf(request, session);
    if ('reason' in speaker) return this.refuse(request, { permission, reference: asked?.reference }, speaker);
    if (asked === null) return malformed;
    const asker = await this.askerFor(speaker, request.address.workspace);
    const judged = judgeAsker(this.parts.decisions, asker, asked);
    if (!judged.permitted) return this.deny(request, asked, judged);
    const { speaksBy } = speaker;
    const ends = [judged.validUntilMs, speaksBy.untilMs].filter((end) => end !== null);
    return {
      decidedOn: [...speaksBy.decidedOn, revisionOf(asker.standing), revisionOf(asker.room)],
      validUntil: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString(),
      renew: () => this.renew(asking),
    };
  }

  /** The counter of a request that is being served is taken, and cannot be taken again by its denial. */
  private async renew({ request, ...asking }: Asking): Promise<Permit> {
    const judged = await this.judge({ ...asking, request: { ...request, counter: null } });
    if ('ok' in judged) throw new PermissionWithdrawn(judged);
    return judged;
  }

  /**
   * The gateway alone speaks for others, for people and never for a process of Keytrail's own, and nothing that is
   * about its own session. Nobody speaks by a credential that has been withdrawn since it opened the session.
   */
  private async speakerOf(request: RpcRequest, session: Session): Promise<Speaker | Unheard> {
    const { address, via, actor, edge } = request;
    const [held, sender] = await Promise.all([
      this.parts.sessions.get(session.sessionId),
      this.parts.streams.principals.current(principalStream(session.principal)),
    ]);
    if (held === null) return withdrawnFor('credential.revoked');
    if (held.expiresAtMs <= Date.now()) return withdrawnFor('credential.expired');
    const own = standingOf(sender.state, held, Date.now());
    if (!own.ok) return withdrawnFor(POWERLESS[own.reason]);
    const untilMs = earlier(held.expiresAtMs, own.validUntil);
    const isDecision = address.aggregate === 'access' && address.verb === 'decide';
    if (via === undefined)
      return isDecision
        ? outOfPlace
        : { principal: held.principal, tokenId: held.tokenId, speaksBy: { decidedOn: [], untilMs } };
    const maySpeak = own.powers.roles.some(({ role }) => role === 'gateway') && address.aggregate !== 'session';
    if (!maySpeak || permissionOf(address) === 'secret.decrypt') return outOfPlace;
    const { state } = await this.parts.streams.principals.current(principalStream(actor));
    if (state.exists && state.nkey !== null) return outOfPlace;
    const speaksBy = { decidedOn: [revisionOf(sender)], untilMs };
    return { principal: actor, tokenId: edge?.tokenId ?? null, speaksBy };
  }

  private async askerFor({ principal, tokenId }: Speaker, workspace: Workspace): Promise<Asker> {
    const { principals, workspaces } = this.parts.streams;
    const [standing, room] = await Promise.all([
      principals.current(principalStream(principal)),
      workspaces.current(workspaceStream(workspace)),
    ]);
    return { principal, tokenId, standing, workspace, room };
  }

  /** What has befallen the gateway says nothing of whom it speaks for, and is told in its own name. */
  private async refuse({ via, ...request }: RpcRequest, what: Denied, unheard: Unheard): Promise<RpcReply<never>> {
    if (!unheard.isWithdrawn) return this.deny({ ...request, ...(via && { via }) }, what, unheard);
    const told = await this.deny({ ...request, actor: request.address.principal }, what, unheard);
    return told === repeated ? told : withdrawn;
  }

  /** A workspace that nobody has made can own nothing, hence no denial either. */
  private async deny(
    request: RpcRequest,
    { permission, reference }: Denied,
    { reason, decidedBy }: NotPermitted,
  ): Promise<RpcReply<never>> {
    const { address, deadlineMs, session, counter } = request;
    const room = await this.parts.streams.workspaces.current(workspaceStream(address.workspace));
    const workspace = room.state.exists ? address.workspace : SYSTEM_WORKSPACE;
    const event: OperationDenied = {
      type: 'OperationDenied',
      data: { permission, reason, count: 1, ...policiesIn({ decidedBy }) },
    };
    const told = await this.parts.denials.record({
      aggregate: 'access',
      stream: DENIAL_STREAM,
      subject: reference ?? address.workspace,
      event,
      facts: { ...factsOf(request, {}), workspace },
      decidedOn: [NO_STREAM, NO_STREAM, NO_STREAM],
      validUntilMs: null,
      deadlineMs,
      ...(session !== null && counter !== null && { request: { session: session.sessionId, counter, deadlineMs } }),
    });
    return told.status === 'repeated' ? repeated : refusalOf(reason, permission, request);
  }
}

/** What it is about, as far as whether it may be asked depends on it; null where it names no secret and should. */
function askedOf(permission: Permission, { address, edge }: RpcRequest, body: unknown): Asked | null {
  const circumstances = { nowMs: Date.now(), ip: edge?.ip, role: roleIn(body) };
  if (permission === 'access.decide') {
    const inner = DecideRequest.safeParse(body).data;
    if (inner === undefined) return null;
    return askedAbout(inner.permission, inner.reference, { workspace: address.workspace, circumstances });
  }
  const reference = Reference.safeParse((body as { readonly reference?: unknown } | null)?.reference).data;
  return askedAbout(permission, reference, { workspace: address.workspace, circumstances });
}

function askedAbout(
  permission: Permission,
  reference: Reference | undefined,
  { workspace, circumstances }: { readonly workspace: string; readonly circumstances: Asked['circumstances'] },
): Asked | null {
  if (declarationOf(permission).on === 'workspace') return { permission, circumstances };
  if (reference === undefined || partsOf(reference).workspace !== workspace) return null;
  return { permission, reference, circumstances };
}

function roleIn(body: unknown): string | undefined {
  const role = (body as { readonly role?: unknown } | null)?.role;
  return typeof role === 'string' && role.length <= 64 ? role : undefined;
}

const revisionOf = ({ stream, revision }: StreamRevision): StreamRevision => ({ stream, revision });

const unheard = (reason: DenialReason, isWithdrawn: boolean): Unheard => ({
  permitted: false,
  reason,
  decidedBy: [],
  isWithdrawn,
});
const outOfPlace = unheard('principal.not_permitted', false);
const withdrawnFor = (reason: DenialReason): Unheard => unheard(reason, true);

const MESSAGES: Readonly<Partial<Record<DenialReason, (permission: Permission, where: string) => string>>> = {
  'credential.out_of_scope': (permission) => `the scopes of this token do not permit ${permission}: use another one`,
  'principal.suspended': () => 'the caller is suspended',
  'credential.revoked': () => 'the credential that was shown has been revoked',
  'credential.expired': () => 'the credential that was shown has expired',
  'policy.forbidden': (permission, where) => `a policy forbids ${permission} ${where}`,
  'policy.failed': (permission, where) => `a policy ${where} cannot be evaluated, and so ${permission} is denied`,
};

function refusalOf(reason: DenialReason, permission: Permission, { address }: RpcRequest): RpcReply<never> {
  if (reason === 'principal.quarantined')
    return refused('principal.quarantined', 'you are held back for the moment: ask whoever looks after access');
  const { workspace } = address;
  const where = workspace === SYSTEM_WORKSPACE ? 'in all workspaces at once' : `in the workspace ${workspace}`;
  const message = MESSAGES[reason]?.(permission, where) ?? `your roles do not permit ${permission} ${where}`;
  return refused('access.denied', message);
}

const malformed = refused(
  'request.malformed',
  'reference is missing, ill-formed, or not of the workspace that the request was addressed to',
);
const withdrawn = refused('auth.invalid', 'the credential that opened this session is no longer good');
const repeated = refused('auth.session_invalid', 'a request of this counter was served before: open a new session');
