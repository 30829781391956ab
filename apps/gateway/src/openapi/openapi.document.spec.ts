/** The document says what the gateway does: no more, no less. */
import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { describe, expect, it } from '@jest/globals';
import { GatewayModule } from '../gateway.module.js';
import { ROUTES } from '../routes.js';
import { openApiDocument } from './openapi.document.js';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, { schema: object }> };
  readonly responses: Record<string, { readonly description: string; readonly headers?: object }>;
  readonly security?: readonly object[];
}

const document = openApiDocument(ROUTES);
const paths = document['paths'] as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const operationOf = (id: string): Operation =>
  operations.map(({ operation }) => operation).find(({ operationId }) => operationId === id)!;

/** Every route that Nest will serve, read from what its decorators have left on the controllers. */
function routesOfNest(): readonly string[] {
  const controllers = Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, GatewayModule) as { prototype: object }[];
  return controllers.flatMap(({ prototype }) =>
    Object.values(Object.getOwnPropertyDescriptors(prototype))
      .map(({ value }) => value as object)
      .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler))
      .map((handler) => {
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number];
        return `${method} ${Reflect.getMetadata(PATH_METADATA, handler) as string}`;
      }),
  );
}

function* every(key: string, node: unknown): Generator {
  if (typeof node !== 'object' || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    if (name === key) yield value;
    yield* every(key, value);
  }
}

describe('the OpenAPI document', () => {
  it('has each route that Nest serves, and no other', () => {
    const documented = operations.map(
      ({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    expect(documented.toSorted()).toEqual(routesOfNest().toSorted());
    expect(documented).toHaveLength(10);
  });

  it('is OpenAPI 3.1, and plain JSON', () => {
    expect(document['openapi']).toBe('3.1.1');
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('has no reference that leads nowhere, and no schema that has a dialect or place of its own', () => {
    const references = [...every('$ref', document)] as string[];
    expect(references).toContain('#/components/schemas/AuditEntry');
    for (const reference of references) {
      const [root, ...steps] = reference.split('/');
      expect(root).toBe('#');
      expect(steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], document)).toBeDefined();
    }
    expect([...every('$id', document), ...every('$schema', document), ...every('$defs', document)]).toEqual([]);
  });

  it('names each operation once, and each part of its path as a parameter', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it('tells what a request takes: bodies, guards, defaults', () => {
    expect(operationOf('createSecret').requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateSecretRequest' } } },
    });
    expect(operationOf('revokeSecret').requestBody?.required).toBe(false);
    expect(operationOf('getSecret').requestBody).toBeUndefined();
    expect(operationOf('addSecretVersion').parameters.map(({ name }) => name)).toEqual([
      'ref',
      'X-Request-Id',
      'Idempotency-Key',
      'If-Match',
    ]);
    expect(operationOf('listAuditEvents').parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
    });
  });

  it('tells every refusal of a route by status and code', () => {
    const { responses } = operationOf('createSecret');
    expect(Object.keys(responses)).toEqual([
      '201',
      '400',
      '401',
      '403',
      '404',
      '409',
      '413',
      '422',
      '500',
      '503',
      '504',
    ]);
    expect(responses['409']?.description).toBe('workspace.key_exhausted, secret.already_exists');
    expect(responses['201']?.headers).toHaveProperty('ETag');
  });

  it('wants a token everywhere but where a route is open', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path);
    expect(open).toEqual(['/api/openapi.json', '/health/live', '/health/ready']);
  });

  it('has no value in any answer', () => {
    const { schemas } = document['components'] as { schemas: Record<string, object> };
    const answers = Object.entries(schemas).filter(([name]) => !name.endsWith('Request'));
    const names = [...every('properties', answers)].flatMap((properties) => Object.keys(properties as object));
    expect(names).toContain('fingerprint');
    for (const name of ['value', 'text', 'base64', 'sealed', 'sealedValue']) expect(names).not.toContain(name);
  });
});
