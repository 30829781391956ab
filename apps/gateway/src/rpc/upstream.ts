/** The services behind the edge: a call goes out over NATS, and what comes back is answered or refused. */
import { parse, sentenceOf, type Service, type Workspace } from '@keytrail/contracts';
import type { RpcClient } from '@keytrail/nats';
import type { z } from 'zod';
import type { Call } from '../http/call.js';
import { Refusal } from '../http/problem.js';
import type { RouteDeclaration } from '../http/route-declaration.js';

/** What is asked of whom. */
export interface Question {
  readonly service: Service;
  readonly workspace: Workspace;
  readonly aggregate: string;
  readonly verb: string;
  readonly body: object;
}

export class Upstream {
  constructor(private readonly client: RpcClient) {}

  /**
   * The answer, held against the route's declaration: nothing that is not declared leaves the gateway, whatever a
   * service may say. Throws a `Refusal` with the service's own code, or an error where the answer does not fit.
   */
  async ask<R extends RouteDeclaration>({ route, origin }: Call<R>, question: Question): Promise<z.infer<R['answer']>> {
    const reply = await this.client.request({ ...question, ...origin });
    if (!reply.ok) throw new Refusal(reply.error.code, reply.error.message, reply.error.details?.issues);
    const answer = parse(route.answer, route.status === 204 ? undefined : reply.value);
    if (!answer.ok) throw new Error(`${route.id} had an answer that is not as declared: ${sentenceOf(answer.issues)}`);
    return answer.value as z.infer<R['answer']>;
  }
}
