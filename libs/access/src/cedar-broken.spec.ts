/** An engine that has met a trap; in a file of its own, because nothing is decided after it. */
import { expect, it } from '@jest/globals';
import { asked, factsOf, having } from './access.fixture.js';
import { CedarBroken, isCedarBroken, statementOf } from './cedar.js';
import { Decisions } from './decisions.js';

function failureOf(ask: () => unknown): CedarBroken {
  try {
    ask();
  } catch (error) {
    if (error instanceof CedarBroken) return error;
  }
  throw new Error('it has answered');
}

it('an engine that has met a trap is believed nothing any more', () => {
  const facts = factsOf({ principalState: having('service') });
  const told: CedarBroken[] = [];
  const decisions = new Decisions({ onBroken: (error) => told.push(error) });
  expect(decisions.decide(facts, asked()).allowed).toBe(true);
  expect(isCedarBroken()).toBe(false);
  const deep = `${'('.repeat(3_000)}true${')'.repeat(3_000)}`;
  expect(() => statementOf(`permit (principal, action, resource) when { ${deep} };`)).toThrow(CedarBroken);
  expect(isCedarBroken()).toBe(true);
  const failures = [1, 2].map(() => failureOf(() => decisions.decide(facts, asked({ permission: 'secret.get' }))));
  expect(failures.map(({ code }) => code)).toEqual(['internal', 'internal']);
  expect(told).toEqual(failures);
  expect(failures[1]?.cause).toBe(failures[0]?.cause);
});
