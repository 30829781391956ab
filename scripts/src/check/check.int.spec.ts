// Plants one of each violation in a copy of this very repository and expects the check to name the file and the rule.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { check } from './command.js';
import { listFiles } from './files.js';
import { formatFinding, type Finding } from './finding.js';

const repository = join(import.meta.dirname, '../../..');
const rules = ['documents', 'table', 'edges', 'references', 'rooms', 'purity', 'syntax', 'layout'];

const forbiddenSources: readonly (readonly [rule: string, what: string, file: string, text: string])[] = [
  ['table', 'imports a lib off the table', 'libs/contracts/src/planted/off.ts', "import '@keytrail/crypto';"],
  ['table', 'imports the lib for tests', 'apps/audit/src/planted/testing.ts', "import '@keytrail/testing';"],
  ['table', 'imports an app from an app', 'apps/audit/src/planted/app.ts', "import '@keytrail/vault';"],
  ['table', 'imports an app from a lib', 'libs/nats/src/planted/app.ts', "import '@keytrail/vault';"],
  ['table', 'imports an app from a spec', 'e2e/src/planted/app.spec.ts', "import '@keytrail/vault';"],
  ['table', 'reaches over the wall', 'apps/audit/src/planted/wall.ts', "export * from '../../../vault/src/main.js';"],
  ['table', 'belongs to a lib without a row', 'libs/planted/package.json', ''],
  ['edges', 'imports what its package.json lacks', 'libs/contracts/src/planted/edge.ts', "import 'left-pad/lib/x';"],
  ['edges', 'imports a lib that it does not list', 'libs/contracts/src/planted/lib.ts', "import '@keytrail/nats';"],
  ['edges', 'ships what is for tests', 'libs/contracts/src/planted/tool.ts', "import 'fast-check';"],
  ['rooms', 'uses node:crypto', 'apps/vault/src/planted/hash.ts', "import { hash } from 'node:crypto';"],
  ['rooms', 'uses crypto', 'libs/nats/src/planted/hash.spec.ts', "const { hash } = await import('crypto');"],
  ['rooms', 'uses Web Crypto', 'apps/vault/src/planted/id.ts', 'export const id = globalThis.crypto.randomUUID();'],
  ['rooms', 'uses the NATS client', 'apps/vault/src/planted/nats.ts', "import type {} from '@nats-io/jetstream';"],
  ['purity', 'reads the clock', 'apps/vault/src/planted/now.decider.ts', 'export const at = Date.now();'],
  ['purity', 'reads the date', 'apps/audit/src/planted/date.view.ts', 'export const at = new Date();'],
  ['purity', 'rolls dice', 'apps/vault/src/planted/dice.process.ts', 'export const at = Math.random();'],
  ['purity', 'makes ids', 'apps/vault/src/planted/id.decider.ts', 'export const id = randomUUID();'],
  ['purity', 'makes keys', 'apps/vault/src/planted/key.decider.ts', 'export const key = mintKey();'],
  ['purity', 'measures time', 'apps/audit/src/planted/timed.view.ts', 'export const at = performance.now();'],
  ['purity', 'imports Nest', 'apps/vault/src/planted/nest.decider.ts', "import '@nestjs/common';"],
  [
    'purity',
    'imports an ORM',
    'apps/audit/src/planted/orm.view.ts',
    "import type { EntityManager } from '@mikro-orm/core';",
  ],
  ['purity', 'imports Node', 'apps/audit/src/planted/node.process.ts', "import fs from 'node:fs';"],
  ['syntax', 'declares an enum', 'libs/contracts/src/planted/enum.ts', 'export enum Colour { Red }'],
  ['syntax', 'runs one test only', 'libs/contracts/src/planted/only.spec.ts', "it.only('x', () => {});"],
  ['syntax', 'skips tests', 'libs/contracts/src/planted/skip.spec.ts', "describe.skip('x', () => {});"],
  ['syntax', 'leaves a test for later', 'libs/contracts/src/planted/todo.spec.ts', "test.todo('x');"],
  ['syntax', 'does not parse', 'libs/contracts/src/planted/broken.ts', 'const = ;'],
  ['layout', 'is a door of an app', 'apps/vault/src/planted/index.ts', 'export {};'],
  ['layout', 'has a comment wider than the page', 'libs/contracts/src/planted/wide.ts', `// ${'wide '.repeat(24)}`],
  ['layout', 'is a second door of a lib', 'libs/contracts/src/planted/index.ts', 'export {};'],
];

const innocentSources: readonly (readonly [what: string, file: string, text: string])[] = [
  ['converts a date', 'apps/vault/src/planted/convert.decider.ts', "export const at = new Date('2026-01-01');"],
  ['hashes in a view', 'apps/vault/src/planted/hash.view.ts', "import { sha256 } from '@keytrail/crypto';"],
  ['names what it does not use', 'apps/vault/src/planted/name.view.ts', "export const text = 'Date.now() node:fs';"],
  [
    'leaves a test out where the machine cannot run it',
    'libs/contracts/src/planted/able.spec.ts',
    'const where = able ? it : it.skip;',
  ],
  ['tests with the house’s tools', 'libs/contracts/src/planted/property.spec.ts', "import 'fast-check';"],
  ['makes passwords for test servers', 'libs/testing/src/planted/password.ts', "import { hash } from 'node:crypto';"],
  ['checks sums before all', 'scripts/bootstrap/planted.mjs', "import { hash } from 'node:crypto';"],
  ['lies in a build folder', 'libs/contracts/dist/planted.ts', 'export enum Colour { Red }'],
];

let copy = '';
let findings: readonly Finding[] = [];

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'keytrail-check-'));
  for (const path of listFiles(repository)) cpSync(join(repository, path), join(copy, path));
});

afterAll(() => rmSync(copy, { recursive: true }));

function run(...args: readonly string[]) {
  const lines: string[] = [];
  const code = check({ root: copy, args, print: (line) => lines.push(line) });
  return { code, lines };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
}

/** The sections of a package.json or tsconfig that this spec changes. */
interface Settings {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  references: { path: string }[];
}

function edit(path: string, change: (json: Settings) => void): void {
  const json = JSON.parse(readFileSync(join(copy, path), 'utf8')) as Settings;
  change(json);
  write(path, JSON.stringify(json, null, 2));
}

describe('an untouched copy', () => {
  it('has no finding', () => {
    expect(run(...rules)).toEqual({ code: 0, lines: [`check: all holds (${rules.join(', ')})`] });
  });
});

describe('a copy with one of each violation', () => {
  beforeAll(() => {
    for (const [, , path, text] of forbiddenSources) write(path, `// Planted.\n${text}\n`);
    for (const [, path, text] of innocentSources) write(path, `// Planted.\n${text}\n`);
    write('libs/planted/package.json', '{ "name": "@keytrail/planted" }');
    write('libs/contracts/src/planted/silent.ts', 'export {};\n');
    write('libs/contracts/src/planted/shipped.ts', "// Planted.\nimport 'shipped';\n");
    write('libs/contracts/src/planted/tested.spec.ts', "// Planted.\nimport 'tested';\n");
    write('libs/eventsourcing/src/planted/tested.spec.ts', "// Planted.\nimport '@keytrail/testing';\n");
    rmSync(join(copy, 'libs/crypto/src/index.ts'));
    edit('libs/contracts/package.json', (json) => {
      Object.assign(json.dependencies, { idle: '1.0.0', '@types/idle': '1.0.0', '@keytrail/idle': '1.0.0' });
      json.dependencies['tested'] = '1.0.0';
      json.devDependencies = { shipped: '1.0.0' };
    });
    edit('tsconfig.json', (json) => (json.references = []));
    edit('libs/eventsourcing/tsconfig.json', (json) => (json.references = [{ path: '../nats' }]));
    edit('libs/eventsourcing/tsconfig.spec.json', (json) => (json.references = []));
    rmSync(join(copy, 'libs/nats/tsconfig.spec.json'));
    write('docs/events.md', readFileSync(join(copy, 'docs/events.md'), 'utf8').replace('SecretRevoked', 'SecretGone'));
    findings = (JSON.parse(run('--json', ...rules).lines.join('')) as { findings: readonly Finding[] }).findings;
  });

  it.each(forbiddenSources)('%s: a source %s', (rule, _case, file) => {
    const line = file.endsWith('.json') || file.endsWith('index.ts') || file.endsWith('broken.ts') ? 1 : 2;
    expect(findings).toContainEqual(expect.objectContaining({ file, line, rule }));
  });

  it.each(innocentSources)('nothing: a source %s', (_case, file) => {
    expect(findings.filter((finding) => finding.file === file)).toEqual([]);
  });

  it.each([
    ['table', 'libs/planted/package.json', 'libs/planted has no row in the dependency table'],
    ['edges', 'libs/contracts/package.json', 'idle is listed, but never imported'],
    ['edges', 'libs/contracts/package.json', '@types/idle is listed, but never imported'],
    ['edges', 'libs/contracts/package.json', '@keytrail/idle is listed, but never imported'],
    ['edges', 'libs/contracts/package.json', 'tested is imported by tests alone'],
    [
      'edges',
      'libs/contracts/src/planted/shipped.ts',
      'shipped is imported, but not in the dependencies of libs/contracts/package.json',
    ],
    ['references', 'tsconfig.json', 'no reference to libs/contracts'],
    ['references', 'libs/eventsourcing/tsconfig.json', 'no reference to libs/contracts'],
    ['references', 'libs/eventsourcing/tsconfig.json', 'an idle reference to libs/nats'],
    ['references', 'libs/eventsourcing/tsconfig.spec.json', 'no reference to libs/contracts'],
    ['references', 'libs/eventsourcing/tsconfig.spec.json', 'no reference to libs/testing'],
    ['references', 'libs/nats/tsconfig.spec.json', 'is missing'],
    ['layout', 'libs/crypto/src/index.ts', 'is missing'],
    ['layout', 'libs/contracts/src/planted/silent.ts', 'does not say what it is for'],
    ['documents', 'docs/events.md', 'differs from what the sources say'],
  ])('%s: %s: %s', (rule, file, what) => {
    expect(findings).toContainEqual(expect.objectContaining({ file, rule, what }));
  });

  it('references: a build does not need what specs alone import', () => {
    const ofTheBuild = findings.filter(({ file }) => file === 'libs/eventsourcing/tsconfig.json');
    expect(ofTheBuild.map(({ what }) => what)).toEqual([
      'no reference to libs/contracts',
      'an idle reference to libs/nats',
    ]);
  });

  it('points to the line of the edge', () => {
    const { file = '', line = 0 } = findings.find(({ what }) => what.startsWith('tested ')) ?? {};
    expect(readFileSync(join(copy, file), 'utf8').split('\n')[line - 1]).toContain('"tested": "1.0.0"');
  });

  it('shows a person the same, a line for each, and counts them', () => {
    const { code, lines } = run(...rules);
    expect(code).toBe(1);
    expect(lines.slice(0, -1)).toEqual(findings.map(formatFinding));
    expect(lines.at(-1)).toMatch(
      new RegExp(
        `^check: ${findings.length} findings in \\d+ files \\(documents 1, table \\d+, edges .*, layout \\d+\\)$`,
      ),
    );
  });

  it('documents: says where the drift begins, and how to mend it', () => {
    const { line = 0, remedy } = findings.find(({ rule }) => rule === 'documents') ?? {};
    expect(readFileSync(join(copy, 'docs/events.md'), 'utf8').split('\n')[line - 1]).toContain('SecretGone');
    expect(remedy).toBe('npm run check -- --fix');
  });

  it('is held against the chosen part alone', () => {
    expect(run('purity').lines.slice(0, -1)).toEqual(
      findings.filter(({ rule }) => rule === 'purity').map(formatFinding),
    );
  });
});

describe('--fix', () => {
  const page = () => readFileSync(join(copy, 'docs/events.md'), 'utf8');
  const original = readFileSync(join(repository, 'docs/events.md'), 'utf8');

  it.each([
    ['differ', () => write('docs/events.md', original.slice(0, -1))],
    ['are missing', () => rmSync(join(copy, 'docs/events.md'))],
  ])('writes generated documents that %s', (_case, spoil) => {
    spoil();
    expect(run('documents')).toMatchObject({
      code: 1,
      lines: [expect.stringContaining('docs/events.md:'), expect.anything()],
    });
    expect(run('--fix', 'documents')).toEqual({ code: 0, lines: ['check: all holds (documents)'] });
    expect(page()).toBe(original);
  });
});

it.each([['no-such-part'], ['--no-such-option']])('refuses %s and shows what it knows', (argument) => {
  expect(run(argument)).toEqual({
    code: 2,
    lines: [expect.stringContaining('Parts: types lint format documents table')],
  });
});
