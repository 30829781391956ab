/** Answers an attempt to obtain a value: decided, opened, recorded durably, and only then released. */
import type { AccessEvent, DecryptReply, DecryptRequest, DenialReason, RpcReply } from '@keytrail/contracts';
import { SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { DecryptionFailed, openVersion, type SecretBytes } from '@keytrail/crypto';
import type { AccessOutcome } from '@keytrail/eventsourcing';
import { factsOf, type KnownSession, ok, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Keyring } from '../key/keyring.js';
import { ACCESS_JOURNAL, type AccessJournal } from '../vault.ports.js';
import { AccessCache, type KnownFacts } from './access.cache.js';
import { type Allowed, decideAccess, type Denied } from './access.decider.js';

/**
 * A secret that changes under every one of so many decisions is in a state that the caller may as well ask for again.
 */
const ATTEMPTS = 5;

/** A request of a session: who asks is proven, and which of its requests this is. */
export type SessionRequest = RpcRequest & { readonly session: KnownSession; readonly counter: number };

export class ObtainSecret extends Command<RpcReply<DecryptReply>> {
  constructor(
    readonly request: DecryptRequest,
    readonly rpc: SessionRequest,
  ) {
    super();
  }
}

/** An allowed attempt holds the opened value until its event is durable. */
type Attempt = (Allowed & { readonly value: SecretBytes }) | Denied;

@CommandHandler(ObtainSecret)
export class ObtainSecretHandler implements ICommandHandler<ObtainSecret> {
  constructor(
    @Inject(ACCESS_JOURNAL) private readonly journal: AccessJournal,
    private readonly cache: AccessCache,
    private readonly keyring: Keyring,
  ) {}

  async execute(asked: ObtainSecret): Promise<RpcReply<DecryptReply>> {
    const { request, rpc } = asked;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const facts = await this.cache.factsOf(request.reference, rpc.session);
      const prepared = await this.prepare(request.version, facts);
      try {
        const outcome = await this.record(asked, facts, prepared);
        if (outcome.status === 'recorded') return replyTo(prepared, outcome);
        if (outcome.status === 'repeated') return repeated;
        if (outcome.status === 'expired' && isOfTheSession(prepared, rpc.session)) return ended;
        if (outcome.status === 'expired' && prepared.allowed) this.cache.expire(request.reference, prepared.version);
        else this.cache.forget(request.reference, rpc.session);
      } finally {
        if (prepared.allowed) prepared.value.destroy();
      }
    }
    return refused('service.overloaded', 'the secret is changing faster than it can be read: try again');
  }

  /** The value is opened before the commit, so that one that does not open is recorded as the failure it is. */
  private async prepare(version: number | undefined, facts: KnownFacts): Promise<Attempt> {
    const decision = decideAccess(version, facts);
    if (!decision.allowed) return decision;
    const value = await this.open(facts.workspace, decision);
    return value === null
      ? { allowed: false, reason: 'material.unreadable', secretId: decision.secretId }
      : { ...decision, value };
  }

  private async open(workspace: string, { secretId, version }: Allowed): Promise<SecretBytes | null> {
    try {
      const [keys, material] = await Promise.all([
        this.keyring.of(workspace),
        this.cache.materialOf(secretId, version),
      ]);
      if (keys === null || material === null) return null;
      return openVersion({ kek: keys.kek, context: { workspace, secret: secretId, version }, ...material });
    } catch (error) {
      if (error instanceof DecryptionFailed) return null;
      throw error;
    }
  }

  /** An attempt on a workspace that does not exist belongs to none. */
  private record({ request, rpc }: ObtainSecret, known: KnownFacts, attempt: Attempt): Promise<AccessOutcome> {
    const { reference, purpose } = request;
    const facts = factsOf(rpc, purpose === undefined ? {} : { text: purpose });
    return this.journal.record({
      aggregate: 'access',
      stream: known.readAt[0].stream,
      subject: reference,
      event: eventOf(request, attempt),
      facts: known.workspaceExists ? facts : { ...facts, workspace: SYSTEM_WORKSPACE },
      decidedOn: known.readAt,
      validUntil: attempt.allowed ? earliest(attempt.validUntil, endOf(rpc.session)) : null,
      deadlineMs: rpc.deadlineMs,
      request: { session: rpc.session.sessionId, counter: rpc.counter },
    });
  }
}

/** A session ends with the credential that has opened it, at the latest. */
const endOf = ({ expiresAtMs }: KnownSession): string => new Date(expiresAtMs).toISOString();

/** Both RFC 3339 in UTC with milliseconds, which are in order as texts. */
const earliest = (version: string | null, session: string): string =>
  version !== null && version < session ? version : session;

const isOfTheSession = (attempt: Attempt, session: KnownSession): boolean =>
  attempt.allowed && earliest(attempt.validUntil, endOf(session)) === endOf(session);

function eventOf({ version: asked, repeatOf }: DecryptRequest, attempt: Attempt): AccessEvent {
  const repeat = repeatOf !== undefined && { repeatOf };
  if (attempt.allowed) {
    const { secretId, version } = attempt;
    return { type: 'SecretDecrypted', data: { secretId, version, ...repeat } };
  }
  const { reason, secretId } = attempt;
  const about = { ...(secretId !== undefined && { secretId }), ...(asked !== undefined && { version: asked }) };
  return { type: 'SecretAccessDenied', data: { reason, count: 1, ...about, ...repeat } };
}

/** What is wrong with the caller's own standing it may know; of a secret it is told the same, whatever the reason. */
const OF_THE_CALLER: ReadonlySet<DenialReason> = new Set<DenialReason>([
  'principal.suspended',
  'credential.revoked',
  'credential.expired',
]);

function replyTo(attempt: Attempt, recorded: Extract<AccessOutcome, { status: 'recorded' }>): RpcReply<DecryptReply> {
  if (!attempt.allowed) return OF_THE_CALLER.has(attempt.reason) ? withdrawn : unavailable;
  const { eventId, position, digest } = recorded;
  const { bytes } = attempt.value;
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return ok({ receipt: { eventId, position, digest }, version: attempt.version, value });
}

const unavailable = refused('secret.unavailable', 'this secret is not available to you');
const withdrawn = refused('auth.invalid', 'the credential that opened this session is no longer good');
const ended = refused('auth.session_invalid', 'the session has ended meanwhile: open a new one');
const repeated = refused('auth.session_invalid', 'a request of this counter was served before: open a new session');
