/** Who may connect to the bus, as whom, and to read which events: what nats-server asks the vault. */
import type { Decisions } from '@keytrail/access';
import type { Conn, Principal, Service, TokenId, Workspace } from '@keytrail/contracts';
import { principalStream, SYSTEM_WORKSPACE, workspaceStream } from '@keytrail/contracts';
import { type AuthDecision, type BusConnection, ensureEventConsumer, type Entrant } from '@keytrail/nats';
import { judgeAsker } from '../access/asker.js';
import type { AuthenticationFailures } from '../session/authentication-failures.js';
import type { Recognition, Recognized, Unrecognized } from '../session/recognition.js';
import type { VaultStreams } from '../vault.ports.js';
import type { ConnectionStore } from './connection.store.js';

export interface DoorkeeperParts {
  readonly recognition: Recognition;
  readonly connections: ConnectionStore;
  readonly failures: AuthenticationFailures;
  readonly streams: VaultStreams;
  readonly decisions: Decisions;
  /** The vault's own connection to the account of events, over which readers are given their consumers. */
  readonly events: BusConnection;
  /** The vault's own, in whose name failed attempts are told: nobody else is sure to have taken part. */
  readonly principal: Principal;
}

const WITH_STREAMS: readonly Service[] = ['vault', 'rotation', 'anomaly'];

export class Doorkeeper {
  constructor(private readonly parts: DoorkeeperParts) {}

  /** Throws where it cannot be told at the moment: then nobody is refused, and asks again. */
  async decide(entrant: Entrant): Promise<AuthDecision> {
    const { recognition, connections } = this.parts;
    const shown = await recognition.byConnectSecret(entrant.secret, Date.now());
    if (!shown.ok) return this.refuse(entrant, shown);
    const { principal, tokenId, expiresAtMs } = shown.verified;
    const readable = entrant.account === 'EVENTS' ? await this.readableBy(shown, entrant) : null;
    if (readable?.length === 0) return { admitted: false, reason: 'may read no events' };
    const { address } = entrant;
    if (!(await connections.bind(entrant.conn as Conn, { principal, address })))
      return this.refuse(entrant, { reason: 'conn.taken', tokenId });
    const reads = readable === null ? {} : { reads: await this.consumersOf(principal, readable) };
    return { admitted: true, principal, expiresAtMs: expiresAtMs ?? Number.POSITIVE_INFINITY, ...reads };
  }

  /**
   * The services whose stream can be read; one that comes later is read from the next admission on. Throws where there
   * is none.
   */
  private async consumersOf(principal: Principal, workspaces: readonly string[] | 'all'): Promise<readonly Service[]> {
    const { events } = this.parts;
    const made = await Promise.allSettled(
      WITH_STREAMS.map((service) => ensureEventConsumer(events, { service, principal, workspaces })),
    );
    const reads = WITH_STREAMS.filter((_, i) => made[i]?.status === 'fulfilled');
    if (reads.length > 0) return reads;
    throw new Error('there are no streams to read', { cause: made.find(({ status }) => status === 'rejected') });
  }

  private async refuse(
    { address }: Entrant,
    { reason, tokenId }: Pick<Unrecognized, 'reason' | 'tokenId'>,
  ): Promise<AuthDecision> {
    const { failures, principal } = this.parts;
    await failures.report({ door: 'connect', reason, address, principal, tokenId });
    return { admitted: false, reason };
  }

  /** Whoever may list the events of a workspace, or of all, may have them told as they happen. */
  private async readableBy({ verified, powers }: Recognized, entrant: Entrant): Promise<readonly string[] | 'all'> {
    const rooms = [...new Set(powers.roles.map(({ workspace }) => workspace))];
    const asking = { principal: verified.principal, tokenId: verified.tokenId ?? null, address: entrant.address };
    const readable = await Promise.all(rooms.map(async (room) => ((await this.mayRead(asking, room)) ? [room] : [])));
    const workspaces = readable.flat();
    return workspaces.includes(SYSTEM_WORKSPACE) ? 'all' : workspaces;
  }

  private async mayRead({ principal, tokenId, address }: Reading, workspace: Workspace): Promise<boolean> {
    const { decisions, streams } = this.parts;
    const [standing, room] = await Promise.all([
      streams.principals.current(principalStream(principal)),
      streams.workspaces.current(workspaceStream(workspace)),
    ]);
    const asker = { principal, tokenId, standing, workspace, room };
    const circumstances = { nowMs: Date.now(), ip: address };
    return judgeAsker(decisions, asker, { permission: 'event.list', circumstances }).permitted;
  }
}

interface Reading {
  readonly principal: Principal;
  readonly tokenId: TokenId | null;
  readonly address: string;
}
