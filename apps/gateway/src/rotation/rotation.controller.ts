/** Rotation over HTTP. */
import {
  partsOf,
  SYSTEM_WORKSPACE,
  type Reference,
  type RotationPolicy,
  type RotationPolicyPage,
  type RotationRun,
  type RotationRunPage,
  type Workspace,
} from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import {
  deleteRotationPolicy,
  getRotationPolicy,
  getRotationRun,
  listDueRotations,
  listRotationPolicies,
  listRotationRuns,
  rotateSecret,
  setRotationPolicy,
} from './rotation.routes.js';

@Controller()
export class RotationController {
  constructor(private readonly upstream: Upstream) {}

  @Route(setRotationPolicy)
  set(call: Call<typeof setRotationPolicy>): Promise<RotationPolicy> {
    return this.upstream.ask(call, ofSecret('set_policy', { ...aimOf(call), ...call.body }));
  }

  @Route(getRotationPolicy)
  get(call: Call<typeof getRotationPolicy>): Promise<RotationPolicy> {
    return this.upstream.ask(call, ofSecret('get_policy', { reference: call.params.ref }));
  }

  @Route(deleteRotationPolicy)
  delete(call: Call<typeof deleteRotationPolicy>): Promise<undefined> {
    return this.upstream.ask(call, ofSecret('delete_policy', aimOf(call)));
  }

  @Route(listRotationPolicies)
  list(call: Call<typeof listRotationPolicies>): Promise<RotationPolicyPage> {
    return this.upstream.ask(call, listed('list_policies', call.query));
  }

  @Route(listDueRotations)
  listDue(call: Call<typeof listDueRotations>): Promise<RotationPolicyPage> {
    return this.upstream.ask(call, listed('list_due', call.query));
  }

  @Route(rotateSecret)
  rotate(call: Call<typeof rotateSecret>): Promise<RotationRun> {
    return this.upstream.ask(call, ofSecret('start', { reference: call.params.ref, ...call.body }));
  }

  @Route(listRotationRuns)
  listRuns(call: Call<typeof listRotationRuns>): Promise<RotationRunPage> {
    return this.upstream.ask(call, listed('list_runs', call.query));
  }

  @Route(getRotationRun)
  getRun(call: Call<typeof getRotationRun>): Promise<RotationRun> {
    const workspace = call.query.workspace ?? SYSTEM_WORKSPACE;
    return this.upstream.ask(call, { ...rotation, workspace, verb: 'get_run', body: call.params });
  }
}

const rotation = { service: 'rotation', aggregate: 'rotation' } as const;

/** What a change is aimed at, and the revision that it expects there. */
function aimOf({ params, expectedRevision }: Call<typeof setRotationPolicy> | Call<typeof deleteRotationPolicy>) {
  return { reference: params.ref, ...(expectedRevision === undefined ? {} : { expectedRevision }) };
}

function ofSecret(verb: string, body: { readonly reference: Reference }): Question {
  return { ...rotation, workspace: partsOf(body.reference).workspace, verb, body };
}

/** A list of one workspace, or of all. */
function listed(verb: string, body: { readonly workspace?: Workspace | undefined }): Question {
  return { ...rotation, workspace: body.workspace ?? SYSTEM_WORKSPACE, verb, body };
}
