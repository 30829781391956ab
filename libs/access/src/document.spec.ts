/** What a document is held against before an engine sees it, and what is left of the engine by one that passes. */
import { describe, expect, it } from '@jest/globals';
import { declarationOf, LIMITS, Permission } from '@keytrail/contracts';
import fc from 'fast-check';
import { acme, asked, factsOf, policy, room } from './access.fixture.js';
import { Cedar, CedarRefused, partsOfDocument, statementOf } from './cedar.js';
import { Decisions } from './decisions.js';
import { issuesOf, issuesOfText, readyStatement, readyStatements, speaksOf } from './document.js';
import { uid } from './expression.js';

const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';
const permitWhen = (condition: string) =>
  `permit (principal in Keytrail::Role::"auditor", ${DECRYPT}, resource) when { ${condition} };`;
const nested = (depth: number) => `${'('.repeat(depth)}true${')'.repeat(depth)}`;

describe('the depth of a text', () => {
  const isTooDeep = (source: string) => issuesOfText(source).length > 0;

  it('is that of its brackets, of any kind', () => {
    const pairs = '([{'.repeat(11).slice(0, LIMITS.policyDepth);
    expect(isTooDeep(pairs)).toBe(false);
    expect(isTooDeep(`${pairs}[`)).toBe(true);
    expect(isTooDeep('()'.repeat(4_000))).toBe(false);
  });

  it.each([
    ['a comment that a carriage return ends', '// x\r'],
    ['a comment that a line feed ends', '// " \n'],
    ['a string with slashes', '"//" == '],
    ['a string that ends in a backslash', '"\\\\" == '],
    ['a string with an escaped quote', '"\\"" == '],
    ['a string with an escaped carriage return', '"\\\r" == '],
    ['a string with an escaped line separator', '"\\\u2028" == '],
    ['a string over several lines', '"\n//\n" == '],
    ['half a comment', '/ '],
    ['a comment within a comment', '// // "\n'],
  ])('is told behind %s', (_, before) => {
    expect(isTooDeep(permitWhen(before + nested(LIMITS.policyDepth)))).toBe(true);
    expect(isTooDeep(permitWhen(before + nested(LIMITS.policyDepth - 1)))).toBe(false);
  });

  it('is not made up for by brackets that close nothing', () => {
    const closing = permitWhen(')'.repeat(500));
    expect(isTooDeep(closing + permitWhen(nested(LIMITS.policyDepth)))).toBe(true);
    expect(isTooDeep(closing + permitWhen(nested(LIMITS.policyDepth - 1)))).toBe(false);
  });

  it('is told behind whatever Cedar takes for strings and comments', () => {
    const anyCharacter = fc.constantFrom(...'ab("[{)]}/\r\u2028\u2029\u0085é😀');
    const anyText = (without: RegExp) =>
      fc.array(anyCharacter, { maxLength: 8 }).map((characters) => characters.join('').replaceAll(without, ''));
    const anyString = fc
      .array(
        fc.oneof(
          anyText(/"/g),
          anyCharacter.map((escaped) => `\\${escaped}`),
          fc.constantFrom('\n', '\\\\'),
        ),
      )
      .map((parts) => `"${parts.join('')}"`);
    const anyComment = fc
      .tuple(anyText(/\r/g), fc.constantFrom('\n', '\r', '\r\n'))
      .map(([text, end]) => `//${text}${end}`);
    const anyNoise = fc.array(fc.oneof(anyString, anyComment, fc.constantFrom(' ', '\n', ')', ']', '}')), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        anyNoise.map((tokens) => tokens.join(' ')),
        (noise) => {
          expect(isTooDeep(noise)).toBe(false);
          expect(isTooDeep(noise + nested(LIMITS.policyDepth + 1))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('what can be published', () => {
  const own = 'principal.own';
  const shapes: Readonly<Record<string, (n: number) => string>> = {
    and: (n) => permitWhen(Array(n).fill(own).join('&&')),
    or: (n) => permitWhen(Array(n).fill(own).join('||')),
    sums: (n) => permitWhen(`${Array(n).fill('context.minuteOfDay').join('+')} > 0`),
    ifs: (n) => permitWhen(`${'if '.repeat(n)}${own}${' then true else false'.repeat(n)}`),
    thens: (n) => permitWhen(`${`if ${own} then `.repeat(n)}true${' else false'.repeat(n)}`),
    elses: (n) => permitWhen(`${`if ${own} then true else `.repeat(n)}true`),
    brackets: (n) => permitWhen(`${'(!(!'.repeat(n)}true${'))'.repeat(n)}`),
    sets: (n) => permitWhen(`${'['.repeat(n)}true${'].contains(true)'.repeat(n)}`),
    records: (n) => permitWhen(`${'{a:'.repeat(n)}true${'}'.repeat(n)}${'.a'.repeat(n)}`),
    methods: (n) => permitWhen(`context.now${'.toDate()'.repeat(n)} < context.now`),
    clauses: (n) =>
      `permit (principal in Keytrail::Role::"auditor", ${DECRYPT}, resource) ${'unless{false}'.repeat(n)};`,
  };
  const isPublishable = (source: string): boolean =>
    issuesOfText(source).length === 0 &&
    issuesOf(partsOfDocument(source).statements.map(statementOf), acme).length === 0;

  it('takes some sixty steps, and no more', () => {
    expect([61, 62, 63].map((n) => isPublishable(shapes['and']?.(n) ?? ''))).toEqual([true, true, false]);
    expect([31, 32, 33].map((n) => isPublishable(shapes['clauses']?.(n) ?? ''))).toEqual([true, true, false]);
  });

  it.each(Object.entries(shapes))('can be decided at its deepest: %s', (_, of) => {
    const depths = Array.from({ length: 128 }, (__, i) => i + 1);
    const deepest = depths.findLast((n) => isPublishable(of(n))) ?? 0;
    expect(deepest).toBeGreaterThan(10);
    expect(deepest).toBeLessThan(128);
    const decide = (n: number) => new Decisions().decide(factsOf({ workspaceState: room({}, of(n)) }), asked());
    expect(decide(deepest).reason).not.toBe('policy.failed');
    expect(decide(deepest + 1).reason).toBe('policy.failed');
  });
});

describe('a published policy', () => {
  it('has its statements by name, version and place, each as it was written', () => {
    const texts = Array.from({ length: 12 }, (_, i) => permitWhen(`context.minuteOfDay == ${i}`));
    const ready = readyStatements(policy(texts.join('\n'), 'hours', 3));
    expect([...ready].map(([id, { text }]) => [id, text])).toEqual(
      texts.map((text, i) => [`policy:hours@3#${i + 1}`, text]),
    );
  });
  it.each([permitWhen(nested(3_000)), permitWhen('true').padEnd(LIMITS.policyCharacters + 1), 'permit'])(
    'that says what none may say is refused',
    (source) => {
      expect(() => readyStatements(policy(source))).toThrow(CedarRefused);
    },
  );
});

describe('what a statement speaks of', () => {
  const all = (scope: string) => `forbid (principal, ${scope}, resource);`;
  const cedar = new Cedar();

  /** Whether the engine takes it into account, with the groups that the schema knows. */
  function isHeard(text: string, permission: Permission): boolean {
    const { group } = declarationOf(permission);
    const [what, who, where] = [uid('action', permission), uid('principal', 'p'), uid('secret', 's')];
    const entities = [
      { uid: what, attrs: {}, parents: group === undefined ? [] : [uid('action', group)] },
      { uid: who, attrs: {}, parents: [] },
      { uid: where, attrs: {}, parents: [] },
    ];
    const request = { principal: who, action: what, resource: where, context: {}, entities };
    return cedar.decide(text, () => ({ one: text }), request).deciding.includes('one');
  }

  it.each([
    all('action'),
    all(`action == ${actionOf('secret.get')}`),
    all(`action in ${actionOf('secret.get')}`),
    all(`action in [${actionOf('secret.get')}, ${actionOf('secret.revoke')}]`),
    all(`action in ${actionOf('mutation')}`),
    all(`action in [${actionOf('mutation')}, ${actionOf('delegation')}]`),
    all(`action in ${actionOf('delegation')}`),
  ])('%s', (text) => {
    const spoken = Permission.options.filter((permission) => speaksOf(readyStatement(text).statement, permission));
    expect(spoken).toEqual(Permission.options.filter((permission) => isHeard(text, permission)));
    expect(spoken.length).toBeGreaterThan(0);
  });
});

function actionOf(name: string): string {
  return `Keytrail::Action::"${name}"`;
}
