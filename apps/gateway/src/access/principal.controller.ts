/** Principals over HTTP. */
import {
  SYSTEM_WORKSPACE,
  type AuthenticatedCaller,
  type PrincipalDescription,
  type PrincipalPage,
  type Workspace,
} from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import { callerIn, type Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import {
  bindRole,
  getCaller,
  getPrincipal,
  listPrincipals,
  quarantinePrincipal,
  registerPrincipal,
  releasePrincipal,
  suspendPrincipal,
  unbindRole,
} from './principal.routes.js';

@Controller()
export class PrincipalController {
  constructor(private readonly upstream: Upstream) {}

  @Route(getCaller)
  me(call: Call<typeof getCaller>): AuthenticatedCaller {
    return callerIn(call);
  }

  @Route(registerPrincipal)
  register(call: Call<typeof registerPrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('register', call.body));
  }

  @Route(listPrincipals)
  list(call: Call<typeof listPrincipals>): Promise<PrincipalPage> {
    return this.upstream.ask(call, principal('list', call.query));
  }

  @Route(getPrincipal)
  get(call: Call<typeof getPrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('get', call.params));
  }

  @Route(bindRole)
  bind(call: Call<typeof bindRole>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, binding('bind_role', { ...call.params, ...call.body }));
  }

  @Route(unbindRole)
  unbind(call: Call<typeof unbindRole>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, binding('unbind_role', { ...call.params, ...call.query }));
  }

  @Route(quarantinePrincipal)
  quarantine(call: Call<typeof quarantinePrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('quarantine', { ...call.params, ...call.body }));
  }

  @Route(releasePrincipal)
  release(call: Call<typeof releasePrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('release', { ...call.params, ...call.body }));
  }

  @Route(suspendPrincipal)
  suspend(call: Call<typeof suspendPrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('suspend', { ...call.params, ...call.body }));
  }
}

function principal(verb: string, body: object): Question {
  return { service: 'vault', workspace: SYSTEM_WORKSPACE, aggregate: 'principal', verb, body };
}

/** Asked where the role is bound: who administers one workspace may, for that one. */
function binding(verb: string, body: { readonly workspace: Workspace }): Question {
  return { ...principal(verb, body), workspace: body.workspace };
}
