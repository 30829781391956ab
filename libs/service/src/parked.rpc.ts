/** What a reader has parked, as operators ask for it over NATS: the same in every reader. */
import type { ParkedMessage, ParkedPage, ReplayParkedReply, RpcReply, Service } from '@keytrail/contracts';
import {
  cloudEventType,
  EventId,
  ListParkedRequest,
  MalformedJson,
  parseEventSubject,
  parseJson,
  ReplayParkedRequest,
  unreachable,
} from '@keytrail/contracts';
import type { RpcRequest } from '@keytrail/nats';
import { answer, confinedTo, ok, refused, RpcController } from '@keytrail/nats';
import type { ParkedEvent, Projection, Replay } from '@keytrail/postgres';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import { redact } from './redaction.js';

/** A reader of the bus, and its projection of each service that it follows. Provided, {@link ParkedRpc} can be used. */
export class Reader {
  constructor(
    readonly name: Service,
    readonly projections: ReadonlyMap<Service, Projection>,
  ) {}
}

/** To have an answer on its way before nobody waits for it any more. */
const ANSWER_MS = 250;

@RpcController()
export class ParkedRpc {
  constructor(private readonly reader: Reader) {}

  @MessagePattern('parked.list')
  list(@Payload() body: unknown, @Ctx() { address }: RpcRequest): Promise<RpcReply<ParkedPage>> {
    return answer(ListParkedRequest, body, async (request) => {
      if (confinedTo(address) !== undefined) return forOperators();
      return ok(await pageOf(this.reader, request));
    });
  }

  @MessagePattern('parked.replay')
  replay(@Payload() body: unknown, @Ctx() request: RpcRequest): Promise<RpcReply<ReplayParkedReply>> {
    return answer(ReplayParkedRequest, body, async ({ service, ordinal }) => {
      if (confinedTo(request.address) !== undefined) return forOperators();
      const projection = this.reader.projections.get(service);
      if (projection === undefined) return notParked();
      const outcome = await projection.replay(ordinal, request.deadlineMs - ANSWER_MS);
      switch (outcome.status) {
        case 'replayed':
          return ok({ replayed: outcome.replayed, remaining: outcome.remaining });
        case 'failed':
          return refused('parked.still_failing', stillFailing(outcome));
        case 'not_found':
          return notParked();
        default:
          return unreachable(outcome);
      }
    });
  }
}

const forOperators = (): RpcReply<never> =>
  refused('access.denied', 'what is parked belongs to no workspace: ask in the name of the system');

const stillFailing = ({ ordinal, replayed }: Extract<Replay, { status: 'failed' }>): string =>
  `ordinal ${ordinal} has failed again, and ${replayed} before it took effect: list what is parked to see its error`;

const notParked = (): RpcReply<never> =>
  refused('parked.not_found', 'no such message is parked: it never was, or it has been replayed');

async function pageOf(reader: Reader, { service, cursor, limit }: ListParkedRequest): Promise<ParkedPage> {
  const [from = '', ordinal = '0'] = cursor?.split('.') ?? [];
  const services = [...reader.projections.keys()].toSorted().filter((each) => each >= from);
  const found: ParkedMessage[] = [];
  for (const of of services) {
    if (service !== undefined && service !== of) continue;
    const after = of === from ? Number(ordinal) : 0;
    const parked = await reader.projections.get(of)?.parked(after, limit + 1 - found.length);
    found.push(...(parked ?? []).map((event) => messageOf(reader, of, event)));
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && found.length > limit ? `${last.service}.${last.ordinal}` : null };
}

function messageOf({ name: reader }: Reader, service: Service, event: ParkedEvent): ParkedMessage {
  const { ordinal, orderKey, error, attempts, parkedAt } = event;
  const { aggregate, type } = parseEventSubject(event.subject) ?? {};
  return {
    reader,
    service,
    ordinal,
    type: aggregate === undefined || type === undefined ? null : cloudEventType(aggregate, type),
    eventId: eventIdIn(event.body),
    orderKey,
    error: { ...error, message: redact(error.message) },
    attempts,
    parkedAt,
  };
}

const Identified = z.object({ id: EventId });

function eventIdIn(body: Uint8Array): EventId | null {
  try {
    return Identified.safeParse(parseJson(body)).data?.id ?? null;
  } catch (error) {
    if (error instanceof MalformedJson) return null;
    throw error;
  }
}
