/** The engine: what it keeps parsed, and how it takes documents apart. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Cedar,
  type CedarAnswer,
  CedarRefused,
  type CedarRequest,
  inOrder,
  partsOfDocument,
  statementOf,
  textOf,
} from './cedar.js';

const requestBy = (name: number): CedarRequest => ({
  principal: { type: 'User', id: `${name}` },
  action: { type: 'Action', id: 'look' },
  resource: { type: 'Thing', id: 'it' },
  context: {},
  entities: [],
});
/** So many statements that permit one user something, and nobody else. */
const permits = (name: number, size = 1): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: size }, (_, i) => [
      `${name}/${i}`,
      `permit (principal == User::"${name}", action, resource);`,
    ]),
  );
const isRefused = (name: number): boolean => name % 5 === 4;

describe('what is kept', () => {
  it('is never mixed up, though more is asked for than there is room for', () => {
    const anySet = fc.nat(9).map((name) => ({ name, size: 1 + (name % 4) }));
    fc.assert(
      fc.property(fc.array(anySet, { minLength: 10, maxLength: 60 }), (sets) => {
        const cedar = new Cedar({ sets: 3, statements: 12 });
        for (const { name, size } of sets) {
          const statements = isRefused(name) ? { bad: 'permit' } : permits(name, size);
          const decide = (asker: number) =>
            outcomeOf(() => cedar.decide(`set ${name}`, () => statements, requestBy(asker)));
          expect(decide(name)).toEqual(isRefused(name) ? CedarRefused : Object.keys(statements));
          expect(decide(name + 1)).toEqual(isRefused(name) ? CedarRefused : []);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is parsed once, until there is no room for it any more', () => {
    const cedar = new Cedar({ sets: 3, statements: 12 });
    const parsed: number[] = [];
    const ask = (name: number, size = 1) =>
      cedar.decide(`set ${name}`, () => (parsed.push(name), permits(name, size)), requestBy(name)).allowed;
    expect([1, 2, 3, 1, 2, 3].map((name) => ask(name))).not.toContain(false);
    expect(parsed).toEqual([1, 2, 3]);
    expect([4, 2, 1].map((name) => ask(name))).not.toContain(false);
    expect(parsed).toEqual([1, 2, 3, 4, 1]);
    expect([ask(5, 8), ask(1), ask(2)]).not.toContain(false);
    expect(parsed).toEqual([1, 2, 3, 4, 1, 5, 2]);
  });

  it('is not what has more statements than there is room for, which decides all the same', () => {
    const cedar = new Cedar({ sets: 3, statements: 12 });
    const ask = (name: number, size: number, asker = name) =>
      cedar.decide(`set ${name}`, () => permits(name, size), requestBy(asker)).allowed;
    expect([ask(1, 1), ask(2, 50), ask(3, 50), ask(2, 50), ask(1, 1)]).not.toContain(false);
    expect([ask(2, 50, 1), ask(1, 1, 2), ask(3, 50, 2)]).not.toContain(true);
  });

  it('by one engine is not what another keeps under the same name', () => {
    const [one, other] = [new Cedar(), new Cedar()];
    expect(one.decide('set', () => permits(1), requestBy(1)).allowed).toBe(true);
    expect(other.decide('set', () => permits(2), requestBy(1)).allowed).toBe(false);
    expect(one.decide('set', () => ({}), requestBy(1)).allowed).toBe(true);
  });
});

/** The statements that have decided, or the class of what was thrown. */
function outcomeOf(decide: () => CedarAnswer): unknown {
  try {
    return decide().deciding;
  } catch (error) {
    return (error as Error).constructor;
  }
}

describe('what decides', () => {
  const decide = (statements: Readonly<Record<string, string>>) =>
    new Cedar().decide('set', () => statements, requestBy(1));

  it('is told by name, and so is what has failed', () => {
    const condition = (text: string) => `permit (principal, action, resource) when { ${text} };`;
    expect(decide({ b: condition('true'), a: condition('true'), c: condition('false') })).toEqual({
      allowed: true,
      deciding: ['a', 'b'],
      failed: [],
    });
    const failing = Object.fromEntries(['d', 'b', 'a', 'c', 'e'].map((name) => [name, condition('context.nothing')]));
    expect(decide(failing)).toEqual({ allowed: false, deciding: [], failed: ['a', 'b', 'c', 'd', 'e'] });
  });
});

describe('a document', () => {
  it('is taken apart in its order', () => {
    fc.assert(
      fc.property(fc.nat(40), (length) => {
        const texts = Array.from({ length }, (_, i) => `forbid (principal == User::"${i}", action, resource);`);
        expect(partsOfDocument(texts.join('\n// and\n')).statements).toEqual(texts);
      }),
      { numRuns: 20 },
    );
    expect(inOrder(['0', '1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9'])).toEqual(
      Array.from({ length: 12 }, (_, i) => `${i}`),
    );
  });
  it('that is none is refused', () => {
    expect(() => partsOfDocument('permit (')).toThrow(CedarRefused);
    expect(() => statementOf('permit (')).toThrow(CedarRefused);
    expect(() => textOf({ effect: 'permit' } as never)).toThrow(CedarRefused);
  });
});
