/** What makes a class a responder: a Nest controller whose faults reach the RPC server as they were thrown. */
import type { RpcExceptionFilter } from '@nestjs/common';
import { applyDecorators, Catch, Controller, UseFilters } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';

/** Nest's own filter would put a text without a code in the place of every error, before the server sees it. */
@Catch()
class PassFaultOn implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Instead of `@Controller()`, on a class whose methods bear `@MessagePattern('<aggregate>.<verb>')`. A method takes
 * `(@Payload() body: unknown, @Ctx() request: RpcRequest)` and returns `Promise<RpcReply>`; what it throws is answered
 * by
 * its code where it is a known fault, else `internal`.
 */
export function RpcController(): ClassDecorator {
  return applyDecorators(Controller(), UseFilters(new PassFaultOn()));
}
