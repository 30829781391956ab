/** What another policy would change, over HTTP. */
import type { Readable } from 'node:stream';
import { LIMITS, WhatIfPage } from '@keytrail/contracts';
import type { Log } from '@keytrail/service';
import { Controller, Inject } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { linesStream } from '../http/lines.js';
import { Route } from '../http/route.js';
import { Upstream } from '../rpc/upstream.js';
import { whatIfLines } from './what-if.lines.js';
import { whatIf } from './what-if.routes.js';

/** The injection token of the process's log. */
export const LOG = Symbol('log');

@Controller()
export class WhatIfController {
  constructor(
    private readonly upstream: Upstream,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Before anything is sent there is a first page: where that is refused, the refusal is the answer. */
  @Route(whatIf)
  async whatIf(call: Call<typeof whatIf>): Promise<Readable> {
    const first = await this.page(call);
    const lines = whatIfLines(first, (cursor) => this.page(call, cursor));
    return linesStream(lines, { requestId: call.origin.requestId, log: this.log });
  }

  /** Each is asked for anew in the caller's name, and takes longer than a question usually may. */
  private page(call: Call<typeof whatIf>, cursor?: string): Promise<WhatIfPage> {
    const { workspace, ...policy } = call.body;
    return this.upstream.askFor(WhatIfPage, call, {
      service: 'audit',
      workspace,
      aggregate: 'access',
      verb: 'what_if',
      body: { ...policy, ...(cursor !== undefined && { cursor }) },
      deadlineMs: Date.now() + LIMITS.deadlineMaxMs,
    });
  }
}
