/** Parked messages over HTTP: each reader is asked for its own. */
import { SYSTEM_WORKSPACE, type ParkedPage, type ReplayParkedReply, type Service } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { listParked, replayParked } from './parked.routes.js';

@Controller()
export class ParkedController {
  constructor(private readonly upstream: Upstream) {}

  @Route(listParked)
  list(call: Call<typeof listParked>): Promise<ParkedPage> {
    const { reader, ...body } = call.query;
    return this.upstream.ask(call, parked(reader, 'list', body));
  }

  @Route(replayParked)
  replay(call: Call<typeof replayParked>): Promise<ReplayParkedReply> {
    const { reader, ...body } = call.params;
    return this.upstream.ask(call, parked(reader, 'replay', body));
  }
}

function parked(service: Service, verb: string, body: object): Question {
  return { service, workspace: SYSTEM_WORKSPACE, aggregate: 'parked', verb, body };
}
