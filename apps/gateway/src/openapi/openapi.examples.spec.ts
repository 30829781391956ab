/** The examples are what they pretend to be: requests that parse, answers as declared, refusals of the route's own. */
import { parse } from '@keytrail/contracts';
import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import type { Example } from '../http/example.js';
import { WhatIfLine } from '../access/what-if.lines.js';
import { STATUS } from '../http/problem.js';
import { LINES_TYPE } from '../http/route-declaration.js';
import { ROUTES } from '../routes.js';
import { openApiDocument } from './openapi.document.js';

const examples = ROUTES.flatMap((route) =>
  Object.entries(route.examples).map(([name, example]) => ({ id: route.id, name, route, example })),
);
const paths = openApiDocument(ROUTES)['paths'] as Record<
  string,
  Record<
    string,
    { responses: Record<string, { content?: Record<string, { examples?: Record<string, { value: object }> }> }> }
  >
>;

const isDone = ({ refusal }: Example) => refusal === undefined;

describe('the examples of a route', () => {
  it.each(ROUTES.map((route) => [route.id, route] as const))('%s begin with one that is served', (_id, route) => {
    const [first] = Object.values(route.examples);
    expect(first).toBeDefined();
    expect(isDone(first!)).toBe(true);
  });
});

describe('an example', () => {
  it.each(examples)('$id/$name is a request of its route', ({ route, example }) => {
    const parts = [
      parse(route.params, example.params ?? {}),
      parse(route.query, example.query ?? {}),
      parse(route.body, example.body),
    ];
    expect(parts.every(({ ok }) => ok)).toBe(example.refusal?.code !== 'request.malformed');
    const declared = ['X-Request-Id', 'Idempotency-Key', ...(route.ifMatch ? ['If-Match'] : [])];
    expect(declared).toEqual(expect.arrayContaining(Object.keys(example.headers ?? {})));
  });

  it.each(examples.filter(({ example }) => isDone(example)))('$id/$name is answered as declared', (of) => {
    expect(parse(of.route.answer, of.example.answer)).toEqual({ ok: true, value: of.example.answer });
  });

  it.each(examples.filter(({ route, example }) => route.contentType === LINES_TYPE && isDone(example)))(
    '$id/$name has lines of which each is one, and ends with the summary',
    ({ example }) => {
      const lines = String(example.answer).split('\n');
      expect(lines.pop()).toBe('');
      const told = lines.map((line) => WhatIfLine.parse(JSON.parse(line)));
      expect(told.flatMap(Object.keys)).toEqual(['change', 'summary']);
    },
  );

  it.each(examples.filter(({ example }) => !isDone(example)))('$id/$name stands with the others of its code', (of) => {
    const { code, detail } = of.example.refusal!;
    expect(of.example.answer).toBeUndefined();
    const { responses } = paths[of.route.path]![of.route.method.toLowerCase()]!;
    const shown = responses[STATUS[code]]?.content?.['application/problem+json']?.examples;
    expect(shown?.[of.name]?.value).toMatchObject({ code, detail, status: STATUS[code] });
  });
});

describe('a link', () => {
  const links = ROUTES.flatMap((route) =>
    Object.entries(route.links).map(([name, link]) => ({ id: route.id, name, route, link })),
  );

  it.each(links)('$id/$name tells a part of the request of another operation', ({ route, link }) => {
    const target = ROUTES.find(({ id }) => id === link.operation)!;
    const [example] = Object.values(route.examples);
    const { parameters = {}, body = {} } = link;
    const takes = { ...target.params.shape, ...target.query.shape };
    const inBody = (target.body as z.ZodObject).shape ?? {};
    const told = [
      ...Object.entries(parameters).map(([name, pointer]) => ({ schema: takes[name], pointer })),
      ...Object.entries(body).map(([name, pointer]) => ({ schema: inBody[name], pointer })),
    ];
    expect(told).not.toEqual([]);
    for (const { schema, pointer } of told)
      expect(parse(schema!, at(example!.answer, pointer))).toMatchObject({ ok: true });
  });
});

/** What a JSON Pointer points to. */
function at(document: unknown, pointer: string): unknown {
  const [, ...steps] = pointer.split('/');
  return steps.reduce((node, step) => (node as Record<string, unknown>)[step], document);
}
