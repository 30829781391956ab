/** Schemas in words. */
import { describe, expect, it } from '@jest/globals';
import { wordsFor, type JsonSchema } from './schema-words.js';

describe('a schema in words', () => {
  it.each<[JsonSchema, string]>([
    [{ type: 'integer', exclusiveMinimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'integer from 1'],
    [{ type: 'integer', minimum: 60, maximum: 99 }, 'integer from 60 to 99'],
    [{ type: 'integer' }, 'integer'],
    [{ enum: ['manual', 'schedule'] }, '"manual" or "schedule"'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'text or null'],
    [{ type: 'string', pattern: '^\\/a$' }, 'text that matches `^/a$`'],
    [{ type: 'array', items: { type: 'boolean' } }, 'list of boolean'],
    [
      { type: 'object', properties: { a: { type: 'boolean' }, b: { const: 1 } }, required: ['a'] },
      '{ a: boolean, b?: 1 }',
    ],
  ])('%j is %s', (schema, words) => {
    expect(wordsFor(schema)).toBe(words);
  });

  it.each([[{ type: 'tuple' }], [{ type: 'array' }]])('throws where it has none: %j', (schema) => {
    expect(() => wordsFor(schema)).toThrow('no words');
  });
});
