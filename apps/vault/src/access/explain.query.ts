/** Answers whether somebody may do something, now or at a moment of the past, and what it follows from. */
import {
  type Decisions,
  describeQuarantine,
  type PrincipalState,
  rolesIn,
  type WorkspaceState,
} from '@keytrail/access';
import {
  covers,
  declarationOf,
  DENIAL_SENTENCES,
  type DenialReason,
  type Explanation,
  type ExplainRequest,
  partsOf,
  principalStream,
  type RpcReply,
  secretStream,
  type Workspace,
  workspaceStream,
} from '@keytrail/contracts';
import { ok, refused } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Folded, FoldedStreams } from '../folded-streams.js';
import type { SecretState } from '../secret/secret.decider.js';
import { quarantinesOf, statusOf } from '../secret/secret.view.js';
import { ROOMS, type VaultStreams } from '../vault.ports.js';
import { decideAccess } from './access.decider.js';
import { type Asked, type Asker, factsOf, judgeAsker } from './asker.js';

export class ExplainAccess extends Query<RpcReply<Explanation>> {
  constructor(
    readonly workspace: Workspace,
    readonly request: ExplainRequest,
  ) {
    super();
  }
}

interface ExplainRooms {
  readonly streams: VaultStreams;
  readonly explanations: Decisions;
}

/** All that an explanation is made of, as it stood at one moment. */
interface Scene {
  readonly request: ExplainRequest;
  readonly nowMs: number;
  readonly asker: Asker;
  readonly asked: Asked;
  /** Null where nothing depends on a secret. */
  readonly secret: Folded<SecretState> | null;
}

/** `reason` is null where it is allowed. */
interface Outcome {
  readonly reason: DenialReason | null;
  readonly decidedBy: readonly string[];
}

@QueryHandler(ExplainAccess)
export class ExplainAccessHandler implements IQueryHandler<ExplainAccess> {
  constructor(@Inject(ROOMS) private readonly rooms: ExplainRooms) {}

  async execute({ workspace, request }: ExplainAccess): Promise<RpcReply<Explanation>> {
    const { permission, reference, asOf } = request;
    const isAboutSecret = declarationOf(permission).on === 'secret';
    if (isAboutSecret !== (reference !== undefined) || (reference && partsOf(reference).workspace !== workspace))
      return refused(
        'request.malformed',
        isAboutSecret
          ? `${permission} is about a secret: name one of this workspace by reference`
          : `${permission} is about a workspace: leave reference out`,
      );
    const nowMs = Date.now();
    if (asOf !== undefined && Date.parse(asOf) > nowMs) return refused('request.malformed', 'asOf is yet to come');
    const scene = await this.sceneOf(workspace, request, asOf === undefined ? nowMs : Date.parse(asOf));
    return ok(this.explain(scene, this.decide(scene)));
  }

  private async sceneOf(workspace: Workspace, request: ExplainRequest, nowMs: number): Promise<Scene> {
    const { principal, permission, reference, asOf, ip, purpose, role } = request;
    const { principals, workspaces, secrets } = this.rooms.streams;
    const stood = <S extends object>(streams: Pick<FoldedStreams<S, never>, 'current' | 'asOf'>, stream: string) =>
      asOf === undefined ? streams.current(stream) : streams.asOf(stream, asOf);
    const [standing, room, secret] = await Promise.all([
      stood<PrincipalState>(principals, principalStream(principal)),
      stood<WorkspaceState>(workspaces, workspaceStream(workspace)),
      reference === undefined ? null : stood<SecretState>(secrets, secretStream(reference)),
    ]);
    const asker = { principal, tokenId: null, standing, workspace, room };
    const asked = { permission, reference, circumstances: { nowMs, ip, purpose, role } };
    return { request, nowMs, asker, asked, secret };
  }

  private decide({ asker, asked, secret, nowMs }: Scene): Outcome {
    const judged = judgeAsker(this.rooms.explanations, asker, asked);
    if (!judged.permitted || asked.permission !== 'secret.decrypt' || secret === null)
      return { reason: judged.permitted ? null : judged.reason, decidedBy: judged.decidedBy };
    const attempt = { principal: asker.principal, version: undefined, nowMs };
    const decision = decideAccess(attempt, asker.room.state.exists, secret.state);
    return { reason: decision.allowed ? null : decision.reason, decidedBy: judged.decidedBy };
  }

  private explain(scene: Scene, { reason, decidedBy }: Outcome): Explanation {
    const { asker, asked, nowMs, request } = scene;
    const facts = factsOf(asker);
    const told = decidedBy.flatMap((id) => {
      const statement = facts && this.rooms.explanations.sourceOf(facts, asked, id);
      return statement ? [{ id, effect: statement.statement.effect, source: statement.text }] : [];
    });
    return {
      allowed: reason === null,
      reason,
      message: reason === null ? 'It is allowed.' : DENIAL_SENTENCES[reason],
      asOf: new Date(nowMs).toISOString(),
      decidedBy: told,
      facts: {
        principal: principalIn(scene),
        workspace: workspaceIn(asker),
        secret: secretIn(scene),
        circumstances: {
          now: new Date(nowMs).toISOString(),
          ip: request.ip ?? null,
          purpose: request.purpose ?? null,
        },
      },
    };
  }
}

function principalIn({ asker, asked, nowMs }: Scene): Explanation['facts']['principal'] {
  const { state, revision } = asker.standing;
  const { permission, reference } = asked;
  if (!state.exists) return null;
  const covering = state.grants.filter(
    ({ pattern, permissions }) =>
      reference !== undefined && permissions.includes(permission as never) && covers(pattern, reference),
  );
  return {
    kind: state.kind,
    status: state.suspended ? 'suspended' : 'active',
    quarantine: state.quarantine && describeQuarantine(state.quarantine, nowMs),
    roles: [...rolesIn(state.roles, asker.workspace)],
    grants: covering.map((grant) => ({ ...grant })),
    revision,
  };
}

function workspaceIn({ workspace, room }: Asker): Explanation['facts']['workspace'] {
  const { exists, profile, policies } = room.state;
  const inForce = policies.map(({ name, version }) => `${name}@${version}`);
  return { slug: workspace, exists, profile, policies: inForce, revision: room.revision };
}

function secretIn({ secret, nowMs }: Scene): Explanation['facts']['secret'] {
  if (secret === null || !secret.state.exists) return null;
  const { state, revision } = secret;
  return {
    status: statusOf(state),
    currentVersion: state.versions.length,
    quarantines: quarantinesOf(state, nowMs),
    revision,
  };
}
