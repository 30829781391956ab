/** The OpenAPI document over HTTP. */
import { Controller } from '@nestjs/common';
import { Route } from '../http/route.js';
import { ROUTES } from '../routes.js';
import { openApiDocument } from './openapi.document.js';
import { getOpenApi } from './openapi.routes.js';

@Controller()
export class OpenApiController {
  private readonly document = openApiDocument(ROUTES);

  @Route(getOpenApi)
  get(): Record<string, unknown> {
    return this.document;
  }
}
