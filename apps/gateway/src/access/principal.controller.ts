/** Principals over HTTP. */
import {
  SYSTEM_WORKSPACE,
  type AuthenticatedCaller,
  type PrincipalDescription,
  type PrincipalPage,
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
  registerPrincipal,
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
    return this.upstream.ask(call, principal('bind_role', { ...call.params, ...call.body }));
  }

  @Route(unbindRole)
  unbind(call: Call<typeof unbindRole>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('unbind_role', { ...call.params, ...call.query }));
  }

  @Route(suspendPrincipal)
  suspend(call: Call<typeof suspendPrincipal>): Promise<PrincipalDescription> {
    return this.upstream.ask(call, principal('suspend', { ...call.params, ...call.body }));
  }
}

function principal(verb: string, body: object): Question {
  return { service: 'vault', workspace: SYSTEM_WORKSPACE, aggregate: 'principal', verb, body };
}
