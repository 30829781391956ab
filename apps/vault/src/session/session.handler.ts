/** Opens a session: whoever asks has shown who they are, it is recorded, and only then are they told. */
import type { AuthenticationEvent, OpenSessionReply, RpcReply, SealedMessage, SessionId } from '@keytrail/contracts';
import { Credential, LIMITS, MalformedJson, parse, parseJson } from '@keytrail/contracts';
import { type SecretBytes, sessionKeys, sessionSecret, sha256, uuidv7 } from '@keytrail/crypto';
import { NO_STREAM } from '@keytrail/eventsourcing';
import { factsOf, ok, refused, type RpcRequest, type SealedUnder, sealedUnder } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Connection, ConnectionStore } from '../connection/connection.store.js';
import type { Verified } from '../credential/identification.js';
import { KeyBudgetSpent } from '../key/keyring.js';
import { OPENS_AT_MOST_MS, type VaultKeys } from '../key/vault-keys.js';
import { type AccessJournal, ROOMS } from '../vault.ports.js';
import { AUTHENTICATION, type AuthenticationFailures } from './authentication-failures.js';
import type { Recognition, Recognized, Unrecognized } from './recognition.js';
import type { Session, SessionStore, SetUpMark } from './session.store.js';
import type { SetUpPace } from './set-up-pace.js';

/** A principal that changes under every one of so many decisions may as well ask again. */
const ATTEMPTS = 5;

export class OpenSession extends Command<RpcReply | SealedUnder> {
  constructor(
    readonly message: SealedMessage,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

/** Of the vault's rooms, those that have a part in this. */
interface OpenSessionRooms {
  readonly accessJournal: AccessJournal;
  readonly vaultKeys: VaultKeys;
  readonly recognition: Recognition;
  readonly connections: ConnectionStore;
  readonly sessions: SessionStore;
  readonly failures: AuthenticationFailures;
  readonly pace: SetUpPace;
}

/** A set-up that has opened: what it says, and where it came from. */
interface SetUp {
  readonly rpc: RpcRequest;
  readonly enc: string;
  readonly credential: Credential;
  /** Null for a connection that nobody has bound. */
  readonly connection: Connection | null;
  readonly nowMs: number;
}

@CommandHandler(OpenSession)
export class OpenSessionHandler implements ICommandHandler<OpenSession> {
  constructor(@Inject(ROOMS) private readonly rooms: OpenSessionRooms) {}

  async execute({ message, rpc }: OpenSession): Promise<RpcReply | SealedUnder> {
    const nowMs = Date.now();
    if (!this.rooms.pace.take(rpc.address.principal, nowMs))
      return refused('service.overloaded', 'this principal opens sessions too fast: keep the ones that are open');
    const connection = await this.rooms.connections.find(rpc.address.conn);
    const sealedFor = { purpose: 'session', context: [rpc.subject, rpc.reply] } as const;
    const opened = await this.rooms.vaultKeys.open(message, sealedFor, nowMs);
    if (!opened.ok) {
      if (opened.error.code !== 'key.unknown') await this.report(rpc, connection, { reason: 'credential.unreadable' });
      return opened;
    }
    using plaintext = opened.plaintext;
    const secret = sessionSecret(opened.exportSecret);
    const sessionId = uuidv7() as SessionId;
    const credential = credentialIn(plaintext);
    const { enc } = message;
    const setUp = { rpc, enc, connection, nowMs };
    const reply =
      credential === null
        ? await this.refuse(setUp, { reason: 'credential.malformed' })
        : await this.open({ ...setUp, credential }, { sessionId, secret });
    return sealedUnder(reply, { sessionId, keys: sessionKeys(secret, 'vault') });
  }

  /** What was shown is judged afresh where its principal has changed before the session was recorded. */
  private async open(setUp: SetUp, fresh: Pick<Session, 'sessionId' | 'secret'>): Promise<RpcReply<OpenSessionReply>> {
    let isPending = false;
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const shown = await this.judge(setUp);
        if (!shown.ok) return await this.refuse(setUp, shown);
        const session = sessionOf(setUp, shown.verified, fresh);
        isPending ||= await this.rooms.sessions.store(session, markOf(setUp));
        if (!isPending)
          return refused('auth.session_invalid', 'this set-up has opened a session before: make a new one');
        const outcome = await this.record(setUp, session, shown);
        if (outcome.status !== 'recorded') continue;
        isPending = false;
        return ok(describe(session));
      }
      return refused('service.overloaded', 'the principal is changing faster than it can be judged: try again');
    } catch (error) {
      if (error instanceof KeyBudgetSpent) return refused('workspace.key_exhausted', error.message);
      throw error;
    } finally {
      if (isPending) await this.rooms.sessions.withdraw(fresh.sessionId).catch(() => {});
    }
  }

  private async judge({ rpc, enc, credential, connection, nowMs }: SetUp): Promise<Recognized | Unrecognized> {
    const shown = await this.rooms.recognition.byCredential(credential, { enc, subject: rpc.subject, nowMs });
    if (!shown.ok) return shown;
    const { principal, tokenId } = shown.verified;
    if (principal !== rpc.address.principal) return { ok: false, reason: 'principal.mismatch', tokenId };
    if (credential.type === 'nkey' || connection?.principal === principal) return shown;
    return { ok: false, reason: 'conn.unknown', tokenId };
  }

  private record({ rpc }: SetUp, session: Session, { verified, facts }: Recognized) {
    const { sessionId, tokenId, address } = session;
    const event: AuthenticationEvent = {
      type: 'SessionOpened',
      data: {
        sessionId,
        credential: verified.type,
        expiresAt: describe(session).expiresAt,
        ...(tokenId !== null && { tokenId }),
      },
    };
    return this.rooms.accessJournal.record({
      aggregate: 'session',
      stream: AUTHENTICATION.stream,
      subject: sessionId,
      event,
      facts: factsOf(rpc, address === null ? {} : { ip: address }),
      decidedOn: [AUTHENTICATION, NO_STREAM, facts.readAt],
      validUntilMs: null,
      deadlineMs: rpc.deadlineMs,
    });
  }

  /** Whatever the reason, the caller hears the same. */
  private async refuse(
    { rpc, connection }: Pick<SetUp, 'rpc' | 'connection'>,
    failed: Pick<Unrecognized, 'reason' | 'tokenId'>,
  ): Promise<RpcReply<never>> {
    await this.report(rpc, connection, failed);
    return refused('auth.invalid', 'this credential is not valid here, or not on this connection');
  }

  private report(
    { address: { principal }, requestId }: RpcRequest,
    connection: Connection | null,
    { reason, tokenId }: Pick<Unrecognized, 'reason' | 'tokenId'>,
  ): Promise<void> {
    const address = connection?.address ?? null;
    return this.rooms.failures.report({ door: 'session', reason, tokenId, address, principal, requestId });
  }
}

/** Null where the bytes are not the JSON of a credential. */
export function credentialIn({ bytes }: SecretBytes): Credential | null {
  try {
    const parsed = parse(Credential, parseJson(bytes));
    return parsed.ok ? parsed.value : null;
  } catch (error) {
    if (error instanceof MalformedJson) return null;
    throw error;
  }
}

function sessionOf(
  { rpc, credential, connection, nowMs }: SetUp,
  { principal, tokenId, expiresAtMs }: Verified,
  fresh: Pick<Session, 'sessionId' | 'secret'>,
): Session {
  const endsMs = nowMs + LIMITS.sessionLifetimeMs;
  return {
    ...fresh,
    principal,
    conn: rpc.address.conn,
    tokenId: tokenId ?? null,
    // A process of Keytrail's own is known by its nkey to nats-server too, which asks nobody about it.
    address: credential.type === 'nkey' ? null : (connection?.address ?? null),
    expiresAtMs: expiresAtMs === null ? endsMs : Math.min(endsMs, expiresAtMs),
  };
}

function markOf({ enc, nowMs }: SetUp): SetUpMark {
  return { digest: sha256(Buffer.from(enc, 'base64url')), untilMs: nowMs + OPENS_AT_MOST_MS };
}

function describe({ sessionId, expiresAtMs }: Session): OpenSessionReply {
  return { sessionId, expiresAt: new Date(expiresAtMs).toISOString(), messages: LIMITS.sessionMessages };
}
