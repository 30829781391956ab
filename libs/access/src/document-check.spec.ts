/** Which documents can be published in a workspace, and what is said of those that cannot. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { GRANTABLE, LIMITS, type Workspace } from '@keytrail/contracts';
import { acme, asked, factsOf, globex, having } from './access.fixture.js';
import { isCedarBroken } from './cedar.js';
import { Decisions } from './decisions.js';
import { checkDocument, ChecksOverloaded } from './document-check.js';

const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';
const forbidWhen = (condition: string) => `forbid (principal, action, resource) when { ${condition} };`;
const permitWhen = (condition: string) =>
  `permit (principal in Keytrail::Role::"auditor", ${DECRYPT}, resource) when { ${condition} };`;
const nested = (depth: number) => `${'('.repeat(depth)}true${')'.repeat(depth)}`;

/** Everything that is wrong with it, each as `path: message`. */
async function issuesIn(source: string): Promise<readonly string[]> {
  const { publishable, statements, issues } = await checkDocument(source, acme);
  expect(publishable).toBe(issues.length === 0);
  expect(publishable || statements.length === 0).toBe(true);
  return issues.map(({ path, message }) => `${path}: ${message}`);
}

const tooDeep = 'nests deeper than 32: make several statements of it';
const tooMuch = 'is more than the policy engine can take';

describe('a document', () => {
  it('can be published with its statements in order', async () => {
    const source = `
      // Nobody at night.
      @id("no-nights")
      forbid (principal, action, resource) when { context.minuteOfDay < 360 };
      permit (principal in Keytrail::Role::"auditor", action in [Keytrail::Action::"secret.get", Keytrail::Action::"usage.get"], resource);
      forbid (principal, action in Keytrail::Action::"mutation", resource) unless { context has ip };`;
    expect(await checkDocument(source, acme)).toEqual({
      publishable: true,
      statements: [
        {
          effect: 'forbid',
          permissions: null,
          source: expect.stringMatching(/^@id\("no-nights"\)\s+forbid .* 360 };$/s),
        },
        { effect: 'permit', permissions: ['secret.get', 'usage.get'], source: expect.stringMatching(/^permit .*;$/) },
        { effect: 'forbid', permissions: ['mutation'], source: expect.stringMatching(/ unless { context has ip };$/) },
      ],
      issues: [],
    });
  });

  it('of many statements keeps them in order', async () => {
    const texts = Array.from({ length: LIMITS.policyStatements }, (_, i) => forbidWhen(`context.minuteOfDay == ${i}`));
    const { publishable, statements } = await checkDocument(texts.join('\n'), acme);
    expect(publishable).toBe(true);
    expect(statements.map(({ source }) => source)).toEqual(texts);
  });

  it('may be as long and as deep as the limits say', async () => {
    const source = permitWhen(nested(LIMITS.policyDepth - 1)).padEnd(LIMITS.policyCharacters);
    expect(await issuesIn(source)).toEqual([]);
  });

  it('may name its own workspace and secrets, guard what may be absent, and permit all that can be granted', async () => {
    const grantable = GRANTABLE.map((name) => `Keytrail::Action::"${name}"`).join(', ');
    const source = [
      forbidWhen('resource in Keytrail::Workspace::"acme"'),
      forbidWhen('resource == Keytrail::Secret::"tenant.acme.openai.prod"'),
      `forbid (principal == Keytrail::Principal::"${'a'.repeat(26)}", action, resource);`,
      forbidWhen('context has purpose && context.purpose like "deploy*"'),
      'permit (principal in Keytrail::Role::"auditor", action in Keytrail::Action::"mutation", resource);',
      `permit (principal == Keytrail::Principal::"${'a'.repeat(26)}", action in [${grantable}], resource);`,
      '@type("Keytrail::Role") @id("nobody") forbid (principal, action, resource);',
      `// ${'{'.repeat(500)}`,
      forbidWhen(`principal.kind == "${'(['.repeat(500)}"`),
    ];
    expect(await issuesIn(source.join('\n'))).toEqual([]);
  });
});

describe('a document is refused that', () => {
  it.each([
    ['says nothing', '', 'source: has no statement'],
    ['says nothing but comments', '// forbid (principal, action, resource);', 'source: has no statement'],
    ['is too long', ' '.repeat(LIMITS.policyCharacters + 1), 'source: is longer than 8192 characters'],
    ['has too many statements', forbidWhen('true').repeat(65), 'source: has more than 32 statements'],
    ['is no Cedar', 'let me in', 'source: unexpected token `me` in line 1 (expected `(`)'],
    [
      'ends too early',
      `// ${'é'.repeat(20)}\nforbid (principal, action, resource)\nwhen { (true };\n\n\n// end`,
      'source: unexpected token `}` in line 3',
    ],
    ['ends within a string', forbidWhen('principal.kind == "user'), 'source: invalid token in line 1'],
    [
      'has a number beyond all',
      forbidWhen('1 < 9223372036854775808'),
      'source: integer literal `9223372036854775808` is too',
    ],
    ['nests too deep', permitWhen(nested(LIMITS.policyDepth)), `source: ${tooDeep}`],
    ['nests far too deep', permitWhen(nested(3_000)), `source: ${tooDeep}`],
    ['is a template', `permit (principal == ?principal, ${DECRYPT}, resource);`, 'source: has a template'],
    [
      'has a template',
      `${forbidWhen('true')} forbid (principal, action, resource == ?resource);`,
      'source: has a template',
    ],
  ])('%s', async (_, source, expected) => {
    expect(await issuesIn(source)).toEqual([expect.stringContaining(expected)]);
  });

  it('has mistakes by the hundred, and each of the first is told once, in order', async () => {
    const issues = await issuesIn(forbidWhen('context.b || context.a').repeat(LIMITS.policyStatements));
    const told = (name: string) => `attribute \`${name}\` in context not found (did you mean \`ip\`?)`;
    expect(issues.slice(0, 3)).toEqual([`source.0: ${told('a')}`, `source.0: ${told('b')}`, `source.1: ${told('a')}`]);
    expect(issues).toHaveLength(64);
  });
});

const action = (name: string) => `Keytrail::Action::"${name}"`;

/** What is wrong with a statement is told of it, whatever stands beside it. */
const WRONG: readonly (readonly [why: string, statement: string, message: string])[] = [
  ['nests too deep without brackets', permitWhen(`${'if principal.own then true else '.repeat(64)}true`), tooDeep],
  ['is a long chain of conditions', permitWhen(Array(64).fill('principal.own').join('&&')), tooDeep],
  ['has too many clauses', `permit (principal, ${DECRYPT}, resource) ${'unless{false}'.repeat(33)};`, tooDeep],
  [
    'names a type that there is not',
    'forbid (principal == User::"ada", action, resource);',
    'unrecognized entity type `User`',
  ],
  [
    'names an attribute that there is not',
    forbidWhen('resource.owner == "ada"'),
    'attribute `owner` on entity type `Keytrail::Secret` not',
  ],
  ['names a circumstance that there is not', forbidWhen('context has browser'), 'policy is impossible'],
  [
    'names an action that there is not',
    `forbid (principal, action == ${action('secret.eat')}, resource);`,
    'speaks of secret.eat: policies speak of what can be',
  ],
  [
    'reads what may be absent',
    forbidWhen('context.purpose == "x"'),
    'unable to guarantee safety of access to optional attribute `purpose` in context (',
  ],
  ['compares what cannot be equal', forbidWhen('principal == resource'), 'policy is impossible'],
  [
    'adds what is no number',
    forbidWhen('context.minuteOfDay + context.weekday > 0'),
    'unexpected type: expected Long but saw String',
  ],
  [
    'is about another workspace',
    'forbid (principal, action, resource in Keytrail::Workspace::"globex");',
    'names another workspace than its own',
  ],
  [
    'names another workspace',
    forbidWhen('resource in [Keytrail::Workspace::"acme", Keytrail::Workspace::"glo\\u{62}ex"]'),
    'names another workspace than its own',
  ],
  [
    'is about a secret of another',
    'forbid (principal, action, resource == Keytrail::Secret::"tenant.globex.openai.prod");',
    'names a secret of another workspace',
  ],
  [
    'names a secret by no reference',
    forbidWhen('resource == Keytrail::Secret::"openai.acme.prod"'),
    'names a secret by what is no reference',
  ],
  [
    'names a principal by what is none',
    'forbid (principal == Keytrail::Principal::"ada", action, resource);',
    'names a principal by what is none',
  ],
  [
    'names a role that there is not',
    'forbid (principal in Keytrail::Role::"root", action, resource);',
    'names a role that there is not: internal_admin, ',
  ],
  [
    'names a role of Keytrail itself',
    'forbid (principal in Keytrail::Role::"gateway", action, resource);',
    'names a role that there is not: internal_admin, ',
  ],
  ['permits without naming actions', 'permit (principal, action, resource);', 'permits anything: name the actions'],
  ['permits without naming anybody', `permit (principal, ${DECRYPT}, resource);`, 'permits it to everybody, in all'],
  [
    'permits to whoever is a principal',
    `permit (principal is Keytrail::Principal, ${DECRYPT}, resource);`,
    'permits it to everybody, in all',
  ],
  [
    'permits what a condition names',
    `permit (principal, action, resource) when { ${DECRYPT} };`,
    'permits anything: name the actions',
  ],
  ['permits nothing', 'permit (principal, action in [], resource);', 'empty set literals are forbidden'],
  [
    'permits what cannot be granted',
    `permit (principal, action == ${action('policy.publish')}, resource);`,
    'speaks of policy.publish',
  ],
  [
    'permits it among others',
    `permit (principal, action in [${action('secret.get')}, ${action('secret.release')}], resource);`,
    'speaks of secret.release:',
  ],
  [
    'permits to say who may what',
    `permit (principal, action in ${action('delegation')}, resource);`,
    'speaks of delegation',
  ],
  [
    'forbids what cannot be granted',
    `forbid (principal, action == ${action('secret.quarantine')}, resource);`,
    'speaks of secret.quarantine',
  ],
  [
    'forbids it in a condition',
    forbidWhen(`action == ${action('policy.withdraw')}`),
    `unrecognized action \`${action('policy.withdraw')}\``,
  ],
  [
    'hides what it says',
    forbidWhen('principal.kind == "\u202Eresu"'),
    'string `"\u202Eresu"` contains BIDI control characters',
  ],
];

describe('a statement is refused that', () => {
  const issues: string[] = [];
  beforeAll(async () => {
    issues.push(...(await issuesIn(WRONG.map(([, statement]) => statement).join('\n'))));
  });

  it.each(WRONG.map(([why, , message], i) => ({ why, message, i })))('$why', ({ message, i }) => {
    const told = issues.filter((issue) => issue.startsWith(`source.${i}: `));
    expect(told).toContainEqual(expect.stringContaining(`source.${i}: ${message}`));
  });
});

describe('a document that ends the engine that reads it', () => {
  const trapping = [
    permitWhen(`context${'.now'.repeat(2_000)} == 1`),
    permitWhen(Array(3_900).fill('1').join('+')),
    `permit (principal, ${DECRYPT}, resource) ${'unless{false}'.repeat(620)};`,
  ];

  it.each(trapping)('is refused', async (source) => {
    expect(source.length).toBeLessThanOrEqual(LIMITS.policyCharacters);
    expect(await issuesIn(source)).toEqual([`source: ${tooMuch}`]);
  });
  it('is felt by nobody else', async () => {
    expect(await issuesIn(trapping[0] as string)).toEqual([`source: ${tooMuch}`]);
    expect(await issuesIn(forbidWhen('true'))).toEqual([]);
    expect(isCedarBroken()).toBe(false);
    expect(new Decisions().decide(factsOf({ principalState: having('service') }), asked()).allowed).toBe(true);
  });
});

describe('many documents at once', () => {
  it('are all answered, each with what is true of it', async () => {
    const asks = [acme, globex].flatMap((workspace, i) => [
      { workspace, source: permitWhen(`context${'.now'.repeat(2_000)} == ${i}`), expected: tooMuch },
      { workspace, source: forbidWhen(`context.minuteOfDay == ${i}`), expected: `context.minuteOfDay == ${i}` },
      { workspace, source: forbidWhen(`nobody${i}`), expected: `invalid variable: nobody${i}` },
    ]);
    const answers = await Promise.all(asks.map(({ source, workspace }) => checkDocument(source, workspace)));
    const told = answers.map(({ statements, issues }) => issues[0]?.message ?? statements[0]?.source);
    expect(told).toEqual(asks.map(({ expected }) => expect.stringContaining(expected)));
  });

  it('of one workspace are turned away where too many wait, and keep no other from it', async () => {
    const ask = (workspace: Workspace) =>
      checkDocument(forbidWhen('true'), workspace).then(({ publishable }) => publishable);
    const checks = [...Array.from({ length: 6 }, () => ask(acme)), ask(globex)];
    const outcomes = (await Promise.allSettled(checks)).map((each) =>
      each.status === 'fulfilled' ? each.value : each.reason,
    );
    const turnedAway = expect.any(ChecksOverloaded);
    expect(outcomes).toEqual([true, true, true, true, turnedAway, turnedAway, true]);
    expect(await ask(acme)).toBe(true);
  });

  it('are not looked at after their deadline', async () => {
    await expect(checkDocument(forbidWhen('true'), acme, Date.now())).rejects.toThrow(ChecksOverloaded);
  });
});
