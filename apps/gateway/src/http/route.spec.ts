/** What a declaration fixes, for the parser and for the compiler. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Call } from './call.js';
import { route } from './route-declaration.js';
import { Route } from './route.js';

const answer = z.strictObject({ count: z.int() });
const count = route({
  id: 'count',
  method: 'GET',
  path: '/things/{kind}',
  tag: 'Gateway',
  examples: {},
  summary: 'Count',
  params: z.strictObject({ kind: z.string() }),
  query: z.strictObject({ limit: z.int().max(9).default(5), page: z.int().optional(), name: z.string().optional() }),
  answer,
});

describe('a declared route', () => {
  it('takes nothing, answers 200 and wants a token, unless it says otherwise', () => {
    const { body, query, status, open, etag, ifMatch, codes } = route({
      id: 'plain',
      method: 'POST',
      path: '/plain',
      tag: 'Gateway',
      examples: {},
      summary: 'Plain',
      answer,
    });
    expect({ status, open, etag, ifMatch, codes }).toEqual({
      status: 200,
      open: false,
      etag: false,
      ifMatch: false,
      codes: [],
    });
    expect(body.safeParse({}).success).toBe(false);
    expect(query.safeParse({ a: '1' }).success).toBe(false);
  });

  it('knows which keys of its query are integers', () => {
    expect([...count.integers]).toEqual(['limit', 'page']);
  });

  it('fits no method that takes or answers something else', () => {
    class Things {
      @Route(count)
      fits({ params, query }: Call<typeof count>): { readonly count: number } {
        return { count: params.kind.length + query.limit };
      }

      // @ts-expect-error the route answers a number
      @Route(count)
      answersText(): { readonly count: string } {
        return { count: 'one' };
      }

      // @ts-expect-error the route has no such parameter
      @Route(count)
      takesMore({ params }: { readonly params: { readonly kind: string; readonly id: string } }): { count: number } {
        return { count: params.id.length };
      }
    }
    const handler = Object.getOwnPropertyDescriptor(Things.prototype, 'fits')?.value as object;
    expect(Reflect.getMetadata('path', handler)).toBe('/things/:kind');
  });
});
