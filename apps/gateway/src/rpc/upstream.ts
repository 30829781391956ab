/** The services behind the edge: a question goes out over NATS, to any but the vault once the vault has let it pass. */
import { declarationOf, parse, permissionOf, sentenceOf, type Service, type Workspace } from '@keytrail/contracts';
import type { RpcClient } from '@keytrail/nats';
import type { z } from 'zod';
import type { Call } from '../http/call.js';
import type { Origin } from '../http/origin.js';
import type { RouteDeclaration } from '../http/route-declaration.js';
import { valueOf } from './answer.js';

/** An operation as it is asked of a service: `rotation.rotation.start`. */
export interface Operation {
  readonly service: Service;
  readonly aggregate: string;
  readonly verb: string;
}

/** What is asked of whom. */
export interface Question extends Operation {
  readonly workspace: Workspace;
  readonly body: object;
  /** Epoch milliseconds; the usual patience where absent. */
  readonly deadlineMs?: number;
}

export class Upstream {
  constructor(private readonly client: RpcClient) {}

  /**
   * The answer, held against the route's declaration: nothing that is not declared leaves the gateway, whatever a
   * service may say. Throws a `Refusal` with the service's own code, or the vault's; or an error where the answer does
   * not fit.
   */
  ask<R extends RouteDeclaration>(call: Call<R>, question: Question): Promise<z.infer<R['answer']>> {
    return this.askFor<R['answer']>(call.route.answer, call, question);
  }

  /** As `ask`, for a part of which the route makes its answer. */
  async askFor<S extends z.ZodType>(
    schema: S,
    { route, origin }: Pick<Call<RouteDeclaration>, 'route' | 'origin'>,
    question: Question,
  ): Promise<z.infer<S>> {
    if (question.service !== 'vault') await this.decide(question, origin);
    const value = valueOf(await this.client.request({ ...question, ...origin }));
    const answer = parse(schema, route.status === 204 ? undefined : value);
    if (!answer.ok) throw new Error(`${route.id} had an answer that is not as declared: ${sentenceOf(answer.issues)}`);
    return answer.value;
  }

  /** The vault decides on what it is asked itself; any other service takes the gateway's word for it. */
  private async decide({ workspace, body, ...operation }: Question, origin: Origin): Promise<void> {
    const { commandId: _, ...caller } = origin;
    const permission = permissionOf(operation);
    if (permission === null) throw new Error(`nobody may ask ${operation.aggregate}.${operation.verb}`);
    const { reference } = body as { readonly reference?: unknown };
    const about = declarationOf(permission).on === 'secret' ? { reference } : {};
    const question = { service: 'vault', workspace, aggregate: 'access', verb: 'decide' } as const;
    valueOf(await this.client.request({ ...question, ...caller, body: { permission, ...about } }));
  }
}
