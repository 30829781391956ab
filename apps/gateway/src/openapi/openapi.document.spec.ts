/** The document says what the gateway does: no more, no less. */
import 'reflect-metadata';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { describe, expect, it } from '@jest/globals';
import { GatewayModule } from '../gateway.module.js';
import { STATUS } from '../http/problem.js';
import { ROUTES } from '../routes.js';
import { openApiDocument } from './openapi.document.js';
import { WORDS } from './openapi.glossary.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
}

interface Content {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Record<string, Content> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly headers?: object; readonly content?: Record<string, Content> }
  >;
  readonly security?: readonly object[];
}

const document = openApiDocument(ROUTES);
const paths = document['paths'] as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const { schemas } = document['components'] as { schemas: Readonly<Record<string, { description?: string }>> };
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
    expect(documented).toContain('DELETE /api/v1/rotation/policies/:ref');
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
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/CreateSecretRequest' },
          examples: expect.objectContaining({ text: expect.objectContaining({ summary: 'A provider key, as text' }) }),
        },
      },
    });
    expect(operationOf('revokeSecret').requestBody?.required).toBe(false);
    expect(operationOf('getSecret').requestBody).toBeUndefined();
    for (const id of [
      'addSecretVersion',
      'setRotationPolicy',
      'deleteRotationPolicy',
      'disableSecret',
      'deleteSecret',
    ]) {
      const names = operationOf(id).parameters.map(({ name }) => name);
      expect(names).toEqual(['ref', 'X-Request-Id', 'Idempotency-Key', 'If-Match']);
    }
    expect(operationOf('listAuditEvents').parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      required: false,
      description: 'How many items a page may have',
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 50 },
      examples: { accesses: { summary: 'Who has obtained a key', value: 10 } },
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
      '423',
      '429',
      '500',
      '503',
      '504',
    ]);
    expect(responses['409']?.description).toBe('workspace.key_exhausted, secret.already_exists, key.unknown');
    expect(responses['409']?.content?.['application/problem+json']?.schema).toEqual({
      allOf: [
        { $ref: '#/components/schemas/Problem' },
        {
          type: 'object',
          properties: {
            code: { type: 'string', enum: ['workspace.key_exhausted', 'secret.already_exists', 'key.unknown'] },
          },
        },
      ],
    });
    expect(responses['201']?.headers).toHaveProperty('ETag');
    expect(responses['401']?.headers).toHaveProperty('WWW-Authenticate');
    expect(responses['429']?.headers).toHaveProperty('Retry-After');
    expect(responses['503']?.headers).toHaveProperty('Retry-After');
  });

  it('tells of an answer in lines what stands in each', () => {
    const { content } = operationOf('whatIf').responses['200']!;
    expect(content).toEqual({
      'application/x-ndjson': {
        schema: {
          type: 'string',
          description: expect.stringContaining('one summary'),
          contentMediaType: 'application/x-ndjson',
          contentSchema: { $ref: '#/components/schemas/WhatIfLine' },
        },
        examples: expect.anything(),
      },
    });
  });

  it('answers 204 with nothing', () => {
    expect(operationOf('deleteRotationPolicy').responses['204']).not.toHaveProperty('content');
  });

  it('has a code of every family that HTTP can meet', () => {
    const told = operations.flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap(({ description }) => description.split(', ')),
    );
    const families = Object.keys(STATUS).map((code) => code.split('.')[0]);
    expect(told.map((code) => code.split('.')[0])).toEqual(expect.arrayContaining(families));
  });

  it('has words for everything a person may ask about, and none besides', () => {
    const asked = new Set<string>();
    const ask = (name: string, owner: string, description: string | undefined) => {
      expect([owner, name, description]).toEqual([owner, name, expect.stringMatching(/^[\w\p{Lu}`].{5,}[^.]$/u)]);
      asked.add(`${owner}.${name}` in WORDS ? `${owner}.${name}` : name);
    };
    for (const [owner, schema] of Object.entries(schemas)) {
      if (!owner.endsWith('Request')) ask(owner, owner, schema.description);
      for (const properties of every('properties', schema))
        for (const [name, { description }] of Object.entries(properties as object)) ask(name, owner, description);
    }
    for (const { operationId, parameters } of operations.map(({ operation }) => operation))
      for (const parameter of parameters) {
        expect(parameter.description).toMatch(/.{5,}/);
        if (parameter.in !== 'header') ask(parameter.name, operationId, parameter.description);
      }
    expect([...asked].toSorted()).toEqual(Object.keys(WORDS).toSorted());
  });

  it('groups its operations by tags that it describes', () => {
    const tags = (document['tags'] as { name: string; description: string }[]).map(({ name }) => name);
    expect(new Set(operations.flatMap(({ operation }) => operation.tags))).toEqual(new Set(tags));
  });

  it('wants a token everywhere but where a route is open', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path);
    expect(open).toEqual(['/api/v1/sealing-key', '/api/openapi.json', '/health/live', '/health/ready']);
  });

  it('has no value in any answer', () => {
    const answers = Object.entries(schemas).filter(([name]) => !/(?:Request|SecretValue)$/.test(name));
    const properties = [...every('properties', answers)].flatMap((each) => Object.entries(each as object));
    // The handler of a rotation says what a value is to be made of.
    const isRecipe = ([, schema]: [string, { $ref?: string }]) => schema.$ref === '#/components/schemas/RandomValue';
    expect(properties.filter(isRecipe)).toHaveLength(1);
    const names = properties.filter((property) => !isRecipe(property)).map(([name]) => name);
    expect([...every('$ref', answers)]).not.toContain('#/components/schemas/SecretValue');
    expect(names).toContain('fingerprint');
    for (const name of ['value', 'text', 'base64', 'sealed', 'sealedValue']) expect(names).not.toContain(name);
  });
});
