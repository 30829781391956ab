/** What people write into a grant: it is met to the letter, and never taken for anything but itself. */
import { describe, expect, it } from '@jest/globals';
import type { GrantFacts } from '@keytrail/contracts';
import fc from 'fast-check';
import { ada, asked, factsOf, grantOf, somebody } from './access.fixture.js';
import { statementOf, textOf } from './cedar.js';
import { Decisions } from './decisions.js';
import { objectsIn } from './expression.js';
import { grantStatement } from './grant.js';

const decisions = new Decisions({ remember: false });
const oneOf = <T>(...all: readonly T[]) => fc.constantFrom(...all);

describe('the purposes of a grant', () => {
  const anyPiece = fc.oneof(
    oneOf(
      '"',
      '\\',
      '"]',
      '")',
      '") || true',
      '\\"',
      '//',
      '\n',
      '\r',
      '\u2028',
      '\\u{41}',
      '*',
      '};',
      "'",
      '%',
      '\u202e',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
  );
  const anyPurpose = fc.array(anyPiece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const permissions: GrantFacts['permissions'] = ['secret.get', 'secret.decrypt'];
  const anyPurposes = fc.uniqueArray(anyPurpose, { minLength: 1, maxLength: 4 });

  it('are met by themselves to the letter, whatever stands in them', () => {
    fc.assert(
      fc.property(anyPurposes, anyPurpose, fc.boolean(), (purposes, other, isOther) => {
        const purpose = isOther ? other : (purposes.at(-1) as string);
        const facts = factsOf({ principalState: somebody({ grants: [grantOf({ purposes })] }) });
        expect(decisions.decide(facts, asked({}, { purpose })).allowed).toBe(purposes.includes(purpose));
      }),
      { numRuns: 100 },
    );
  });

  it('are written so that Cedar reads the same grant again', () => {
    fc.assert(
      fc.property(anyPurposes, (purposes) => {
        const text = textOf(grantStatement(ada, grantOf({ purposes, permissions })));
        const again = statementOf(text);
        expect(textOf(again)).toBe(text);
        const literals = [...objectsIn(again)].flatMap(
          ({ Set: set }) => (set as { Value: string }[] | undefined) ?? [],
        );
        expect(literals.map(({ Value }) => Value)).toEqual(purposes);
      }),
      { numRuns: 100 },
    );
  });
});
