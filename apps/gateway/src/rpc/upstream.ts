/** The services behind the edge: a call that its caller may make goes out over NATS, and is answered or refused. */
import { parse, sentenceOf, type Operation, type Workspace } from '@keytrail/contracts';
import type { RpcClient } from '@keytrail/nats';
import type { z } from 'zod';
import { refuseUnlessPermitted } from '../access/permission.js';
import type { Call } from '../http/call.js';
import type { RouteDeclaration } from '../http/route-declaration.js';
import { valueOf } from './answer.js';

/** What is asked of whom. */
export interface Question extends Operation {
  readonly workspace: Workspace;
  readonly body: object;
}

export class Upstream {
  constructor(private readonly client: RpcClient) {}

  /**
   * The answer, held against the route's declaration: nothing that is not declared leaves the gateway, whatever a
   * service may say. Throws a `Refusal`: `access.denied` before anybody is asked, or with the service's own code; or an
   * error where the answer does not fit.
   */
  async ask<R extends RouteDeclaration>(call: Call<R>, question: Question): Promise<z.infer<R['answer']>> {
    const { route, origin } = call;
    refuseUnlessPermitted(call, question);
    const value = valueOf(await this.client.request({ ...question, ...origin }));
    const answer = parse(route.answer, route.status === 204 ? undefined : value);
    if (!answer.ok) throw new Error(`${route.id} had an answer that is not as declared: ${sentenceOf(answer.issues)}`);
    return answer.value as z.infer<R['answer']>;
  }
}
