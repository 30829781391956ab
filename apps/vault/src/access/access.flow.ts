/** How a value is obtained: decided, opened, recorded durably, and only then released. */
import type { Decisions } from '@keytrail/access';
import type { AccessEvent, DecryptReply, DecryptRequest, DenialReason, RpcReply, Workspace } from '@keytrail/contracts';
import { principalStream, secretStream, SYSTEM_WORKSPACE, workspaceStream } from '@keytrail/contracts';
import { DecryptionFailed, openReady, type SecretBytes } from '@keytrail/crypto';
import {
  type Access,
  type AccessOutcome,
  NO_STREAM,
  type RequestFacts,
  type StreamRevision,
} from '@keytrail/eventsourcing';
import { factsOf, type KnownSession, ok, refused, type RpcRequest } from '@keytrail/nats';
import { Inject, Injectable } from '@nestjs/common';
import { MaterialCache } from '../secret/material.cache.js';
import type { SessionStore } from '../session/session.store.js';
import { type AccessJournal, ROOMS, type VaultStreams } from '../vault.ports.js';
import { type AccessDecision, decideAccess, type Denied, type Obtainable } from './access.decider.js';
import { type Asker, judgeAsker, policiesIn } from './asker.js';
import type { Denials } from './denials.js';

/**
 * A secret that changes under every one of so many decisions is in a state that the caller may as well ask for again.
 */
const ATTEMPTS = 5;

/** A request of a session: who asks is proven, and which of its requests this is. */
export type SessionRequest = RpcRequest & { readonly session: KnownSession; readonly counter: number };

/** What is asked for. `isServed`: the request's counter has been taken, and this access is not to take it. */
export interface Asked {
  readonly request: DecryptRequest;
  readonly rpc: SessionRequest;
  readonly facts: RequestFacts;
  readonly isServed: boolean;
}

/** All that `rpc` asks for together. Those that give no purpose have the very same facts, which are written once. */
export function askedBy(rpc: SessionRequest, requests: readonly DecryptRequest[], isServed: boolean): readonly Asked[] {
  const withoutPurpose = factsOf(rpc, {});
  return requests.map((request) => {
    const { purpose } = request;
    return { request, rpc, facts: purpose === undefined ? withoutPurpose : factsOf(rpc, { text: purpose }), isServed };
  });
}

/** Of the vault's rooms, those that have a part in this. */
interface AccessRooms {
  readonly accessJournal: AccessJournal;
  readonly streams: VaultStreams;
  readonly sessions: SessionStore;
  readonly decisions: Decisions;
  readonly denials: Denials;
}

/** What was decided, on which revisions. `endsMs`: it holds only before; null where time changes nothing. */
interface Decided {
  readonly decision: AccessDecision;
  readonly policies?: readonly string[];
  readonly decidedOn: Access['decidedOn'];
  readonly isOfWorkspace: boolean;
  readonly endsMs: number | null;
}

/** An attempt that is allowed holds the opened value until its event is durable. */
type Outcome = (Obtainable & { readonly value: SecretBytes }) | Denied;

/** An attempt of which there is no event yet: to be released, or discarded. */
export interface Attempt {
  readonly decided: Decided;
  readonly outcome: Outcome;
}

/** An attempt, or what it failed of. */
export type Settled = PromiseSettledResult<Attempt | null>;

@Injectable()
export class AccessFlow {
  constructor(
    @Inject(ROOMS) private readonly rooms: AccessRooms,
    private readonly material: MaterialCache,
  ) {}

  /** Decides, and opens where it is allowed; `nowMs` in epoch milliseconds. Null where the session is over. */
  async attempt(asked: Asked, nowMs: number): Promise<Attempt | null> {
    return this.attemptBy(await this.askerOf(asked.rpc), asked, nowMs);
  }

  /** The same for each of those that `rpc` asks for together. */
  async attemptAll(rpc: SessionRequest, asked: readonly Asked[], nowMs: number): Promise<readonly Settled[]> {
    const asker = await this.askerOf(rpc);
    return Promise.allSettled(asked.map((each) => this.attemptBy(asker, each, nowMs)));
  }

  /**
   * Records the attempt, and answers with its value, or why there is none. Where its facts have changed meanwhile it is
   * made anew; a value that is then longer than `maxBytes` has no room, and is not recorded.
   */
  async release(asked: Asked, first: Attempt | null, maxBytes = Infinity): Promise<RpcReply<DecryptReply>> {
    const { request, rpc } = asked;
    let attempt = first;
    // Decisions of a time that the journal's clock has left behind are made anew at the time that it told.
    let toldMs = 0;
    for (let count = 1; attempt !== null; count++) {
      try {
        if (bytesIn(attempt) > maxBytes) return changing;
        const recorded = await this.record(asked, attempt);
        if (recorded.status === 'recorded') return replyTo(attempt.outcome, recorded);
        if (recorded.status === 'repeated') return repeated;
        if (recorded.status === 'stale') await this.lookAgain(request, rpc);
        else toldMs = Date.parse(recorded.time);
      } finally {
        discard(attempt);
      }
      if (toldMs >= rpc.session.expiresAtMs) return ended;
      if (count === ATTEMPTS) return changing;
      attempt = await this.attempt(asked, Math.max(Date.now(), toldMs));
    }
    return ended;
  }

  private async attemptBy(asker: Asker | null, asked: Asked, nowMs: number): Promise<Attempt | null> {
    if (asker === null) return null;
    const decided = await this.decide(asker, asked, nowMs);
    return { decided, outcome: await this.prepare(asker.workspace, decided.decision) };
  }

  /** A secret is looked at only for those who may ask: for all others one that exists is like one that does not. */
  private async decide(asker: Asker, { request, rpc }: Asked, nowMs: number): Promise<Decided> {
    const { reference, purpose, version } = request;
    const { standing, room, principal } = asker;
    const circumstances = { nowMs, ip: rpc.session.address, purpose };
    const judged = judgeAsker(this.rooms.decisions, asker, { permission: 'secret.decrypt', reference, circumstances });
    const isOfWorkspace = room.state.exists;
    if (!judged.permitted) {
      const { reason } = judged;
      const decidedOn = [NO_STREAM, room, standing] as const;
      return { decision: { allowed: false, reason }, ...policiesIn(judged), decidedOn, isOfWorkspace, endsMs: null };
    }
    const secret = await this.rooms.streams.secrets.known(secretStream(reference));
    const decision = decideAccess({ principal, version, nowMs }, isOfWorkspace, secret.state);
    const endsMs = decision.allowed ? earliestOf(decision.validUntil, judged.validUntilMs, rpc.session) : null;
    return { decision, decidedOn: [secret, room, standing], isOfWorkspace, endsMs };
  }

  /** Null where the session is over: by which token it was opened is known no more. */
  private async askerOf({ session, address: { workspace } }: SessionRequest): Promise<Asker | null> {
    const { principals, workspaces } = this.rooms.streams;
    const { sessionId, principal } = session;
    const held = this.rooms.sessions.known(sessionId) ?? (await this.rooms.sessions.get(sessionId));
    const standing = await principals.known(principalStream(principal));
    const room = await workspaces.known(workspaceStream(workspace));
    return held && { principal, tokenId: held.tokenId, standing, workspace, room };
  }

  /** Each is carried on with what has come since, so that looking again costs what has changed. */
  private async lookAgain({ reference }: DecryptRequest, rpc: SessionRequest): Promise<void> {
    const { principals, workspaces, secrets } = this.rooms.streams;
    await Promise.all([
      secrets.current(secretStream(reference)),
      workspaces.current(workspaceStream(rpc.address.workspace)),
      principals.current(principalStream(rpc.session.principal)),
    ]);
  }

  /** The value is opened before the commit, so that one that does not open is recorded as the failure it is. */
  private async prepare(workspace: string, decision: AccessDecision): Promise<Outcome> {
    if (!decision.allowed) return decision;
    const value = await this.open(workspace, decision);
    return value === null
      ? { allowed: false, reason: 'material.unreadable', secretId: decision.secretId }
      : { ...decision, value };
  }

  private async open(workspace: string, { secretId, version }: Obtainable): Promise<SecretBytes | null> {
    try {
      const context = { workspace, secret: secretId, version };
      const ready = this.material.known(context) ?? (await this.material.load(context));
      return ready && openReady(ready);
    } catch (error) {
      if (error instanceof DecryptionFailed) return null;
      throw error;
    }
  }

  /** An attempt on a workspace that does not exist belongs to none. */
  private record({ request, rpc, facts, isServed }: Asked, { decided, outcome }: Attempt): Promise<AccessOutcome> {
    const { reference } = request;
    const { session, counter, deadlineMs } = rpc;
    const { decidedOn, isOfWorkspace, endsMs } = decided;
    const access = {
      aggregate: 'access',
      stream: secretStream(reference),
      subject: reference,
      facts: isOfWorkspace ? facts : { ...facts, workspace: SYSTEM_WORKSPACE as Workspace },
      decidedOn: decidedOn.map(revisionOf) as unknown as Access['decidedOn'],
      deadlineMs,
      ...(!isServed && { request: { session: session.sessionId, counter, deadlineMs } }),
    };
    if (!outcome.allowed)
      return this.rooms.denials.record({ ...access, event: denialOf(request, decided, outcome), validUntilMs: null });
    return this.rooms.accessJournal.record({ ...access, event: releaseOf(request, outcome), validUntilMs: endsMs });
  }
}

/** Zeroes the value of an attempt that is over, or not to be. */
export function discard(attempt: Attempt | null): void {
  if (attempt?.outcome.allowed) attempt.outcome.value.destroy();
}

/** How long the value is that an attempt holds; 0 where it is denied. */
export const bytesIn = (attempt: Attempt | null): number =>
  attempt?.outcome.allowed ? attempt.outcome.value.length : 0;

/** Without the state that was folded up to it. */
const revisionOf = ({ stream, revision }: StreamRevision): StreamRevision => ({ stream, revision });

/** A session ends with the credential that has opened it, at the latest. */
function earliestOf(version: string | null, permittedMs: number | null, { expiresAtMs }: KnownSession): number {
  return Math.min(expiresAtMs, permittedMs ?? Infinity, version === null ? Infinity : Date.parse(version));
}

function releaseOf({ repeatOf }: DecryptRequest, { secretId, version }: Obtainable): AccessEvent {
  return { type: 'SecretDecrypted', data: { ...(repeatOf !== undefined && { repeatOf }), secretId, version } };
}

function denialOf(
  { version, repeatOf }: DecryptRequest,
  { policies }: Decided,
  { reason, secretId }: Denied,
): Extract<AccessEvent, { type: 'SecretAccessDenied' }> {
  const about = { ...(secretId !== undefined && { secretId }), ...(version !== undefined && { version }) };
  const decidedBy = policies !== undefined && { policies: [...policies] };
  return {
    type: 'SecretAccessDenied',
    data: { reason, count: 1, ...decidedBy, ...about, ...(repeatOf !== undefined && { repeatOf }) },
  };
}

/** What is wrong with the caller's own standing it may know; of a secret it is told the same, whatever the reason. */
const TOLD: ReadonlyMap<DenialReason, RpcReply<never>> = new Map(
  (['principal.suspended', 'credential.revoked', 'credential.expired'] as const).map((reason) => [
    reason as DenialReason,
    refused('auth.invalid', 'the credential that opened this session is no longer good'),
  ]),
);

/** Only whoever may obtain the secret otherwise, or is held back whatever it asks, comes to hear this. */
const HELD_BACK: ReadonlySet<DenialReason> = new Set<DenialReason>(['principal.quarantined', 'secret.quarantined']);

function replyTo(outcome: Outcome, recorded: Extract<AccessOutcome, { status: 'recorded' }>): RpcReply<DecryptReply> {
  if (!outcome.allowed) {
    if (HELD_BACK.has(outcome.reason)) return heldBack;
    return TOLD.get(outcome.reason) ?? unavailable;
  }
  const { eventId, position, digest } = recorded;
  const { bytes } = outcome.value;
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return ok({ receipt: { eventId, position, digest }, version: outcome.version, value });
}

const unavailable = refused('secret.unavailable', 'this secret is not available to you');
const heldBack = refused('secret.quarantined', 'this secret is held back for the moment: try again later');
const ended = refused('auth.session_invalid', 'the session has ended meanwhile: open a new one');
const repeated = refused('auth.session_invalid', 'a request of this counter was served before: open a new session');
const changing = refused('service.overloaded', 'the secret is changing faster than it can be read: try again');
