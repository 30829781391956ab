/** A declared route becomes a controller's method. */
import type { Readable } from 'node:stream';
import { applyDecorators, Header, HttpCode, RequestMapping, RequestMethod } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import { CallParameter, type Call } from './call.js';
import { JSON_TYPE, type RouteDeclaration } from './route-declaration.js';

/** What a handler may return: a text may be sent while it is made. */
type Answered<T> = T extends string ? T | Readable : T;

/** The descriptor of a method that takes what the route takes and answers what it answers. */
interface Handler<R extends RouteDeclaration> {
  readonly value?: (call: Call<R>) => Answered<z.infer<R['answer']>> | Promise<Answered<z.infer<R['answer']>>>;
}

/** Makes a controller's method the handler of a declared route; its one argument is the parsed call. */
export function Route<R extends RouteDeclaration>(declaration: R) {
  return (controller: object, name: string, method: Handler<R>): void => {
    const { contentType } = declaration;
    const path = declaration.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const decorate = applyDecorators(
      RequestMapping({ method: RequestMethod[declaration.method], path }),
      HttpCode(declaration.status),
      RouteConfig({ declaration }),
      // To JSON Fastify gives its type itself.
      ...(contentType === JSON_TYPE ? [] : [Header('content-type', contentType)]),
    );
    decorate(controller, name, method as PropertyDescriptor);
    CallParameter(controller, name, 0);
  };
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set on every route but the catch-all of unknown ones. */
    readonly declaration?: RouteDeclaration;
  }
}
