/** Answers the gateway whose credential it was shown, and the other services whose session they were asked in. */
import type {
  AuthenticateRequest,
  AuthenticatedCaller,
  Credential,
  IntrospectedSession,
  IntrospectSessionRequest,
  Powers,
  RpcReply,
  Service,
} from '@keytrail/contracts';
import { principalStream, SERVICES } from '@keytrail/contracts';
import { exportSessionKeys, sessionKeys } from '@keytrail/crypto';
import { ok, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { VaultKeys } from '../key/vault-keys.js';
import { Directory } from '../principal/directory.js';
import { AuthenticationFailures } from './authentication-failures.js';
import { Recognition, type Recognized, type Unrecognized } from './recognition.js';
import { credentialIn } from './session.handler.js';
import { SessionStore } from './session.store.js';
import { STREAMS, type VaultStreams } from '../vault.ports.js';
import { standingOf } from './standing.js';

/** Null: the credential is nobody's. A refusal would be about the gateway itself. */
export class AuthenticateCaller extends Query<RpcReply<AuthenticatedCaller | null>> {
  constructor(
    readonly request: AuthenticateRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@QueryHandler(AuthenticateCaller)
export class AuthenticateCallerHandler implements IQueryHandler<AuthenticateCaller> {
  constructor(
    private readonly keys: VaultKeys,
    private readonly recognition: Recognition,
    private readonly failures: AuthenticationFailures,
  ) {}

  async execute({ request, rpc }: AuthenticateCaller): Promise<RpcReply<AuthenticatedCaller | null>> {
    const nowMs = Date.now();
    const sealedFor = { purpose: 'credential', context: [rpc.address.principal] } as const;
    const opened = await this.keys.open(request.credential, sealedFor, nowMs);
    if (!opened.ok) return opened;
    using plaintext = opened.plaintext;
    const shown = await this.recognize(credentialIn(plaintext), { rpc, enc: request.credential.enc, nowMs });
    if (shown.ok) return ok(describe(shown));
    await this.report(rpc, shown);
    return ok(null);
  }

  /** An nkey's signature is bound to a set-up, and there is none here. */
  private async recognize(
    credential: Credential | null,
    { rpc, enc, nowMs }: { readonly rpc: RpcRequest; readonly enc: string; readonly nowMs: number },
  ): Promise<Recognized | Unrecognized> {
    if (credential === null || credential.type === 'nkey') return { ok: false, reason: 'credential.malformed' };
    return this.recognition.byCredential(credential, { enc, subject: rpc.subject, nowMs });
  }

  private report(
    { address: { principal }, edge, requestId }: RpcRequest,
    { reason, tokenId }: Unrecognized,
  ): Promise<void> {
    const address = edge?.ip ?? null;
    return this.failures.report({ door: 'gateway', reason, tokenId, address, principal, requestId });
  }
}

function describe({ verified, facts, powers }: Recognized): AuthenticatedCaller {
  const { principal, kind, displayName } = facts;
  const { tokenId } = verified;
  return { principal, kind, displayName, ...told(powers), ...(tokenId !== undefined && { tokenId }) };
}

const told = ({ roles, scopes }: Powers) => ({
  roles: [...roles],
  ...(scopes !== undefined && { scopes: [...scopes] }),
});

export class IntrospectSession extends Query<RpcReply<IntrospectedSession | null>> {
  constructor(
    readonly request: IntrospectSessionRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@QueryHandler(IntrospectSession)
export class IntrospectSessionHandler implements IQueryHandler<IntrospectSession> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly directory: Directory,
    @Inject(STREAMS) private readonly streams: VaultStreams,
  ) {}

  /** Null where there is no such session, or it has ended, or its holder may do nothing any more. */
  async execute({ request, rpc }: IntrospectSession): Promise<RpcReply<IntrospectedSession | null>> {
    const service = await this.serviceOf(rpc);
    if (service === null) return refused('access.denied', 'only the services of Keytrail may ask about sessions');
    const nowMs = Date.now();
    const session = await this.sessions.get(request.sessionId);
    if (session === null || session.expiresAtMs <= nowMs) return ok(null);
    const { state } = await this.streams.principals.current(principalStream(session.principal));
    const standing = standingOf(state, session, nowMs);
    if (!standing.ok) return ok(null);
    const { sessionId, principal, conn, address, secret, expiresAtMs } = session;
    return ok({
      sessionId,
      principal,
      conn,
      ...told(standing.powers),
      expiresAt: new Date(expiresAtMs).toISOString(),
      address,
      ...exportSessionKeys(sessionKeys(secret, service)),
    });
  }

  /** A service is registered under its name, by the bootstrap alone; each is told the keys of its own. */
  private async serviceOf({ actor }: RpcRequest): Promise<Service | null> {
    const facts = await this.directory.of(actor);
    if (facts === null || facts.state.nkey === null) return null;
    return SERVICES.find((service) => service === facts.displayName && service !== 'vault') ?? null;
  }
}
