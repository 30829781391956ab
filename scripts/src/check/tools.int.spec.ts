// Runs the real compiler, linter and formatter, with the house's own settings, on a workspace of one small lib.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './command.js';

const repository = join(import.meta.dirname, '../../..');
const sources = 'libs/contracts/src';
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keytrail-tools-'));
  const settings = ['.oxlintrc.json', '.prettierrc.json', '.prettierignore', 'tsconfig.base.json'];
  const project = ['package.json', 'tsconfig.json', 'tsconfig.spec.json'].map((name) => `libs/contracts/${name}`);
  for (const path of [...settings, ...project]) cpSync(join(repository, path), join(root, path));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, sources));
  write('../../../package.json', '{\n  "type": "module"\n}\n');
  write('../../../tsconfig.json', '{ "files": [], "references": [{ "path": "libs/contracts" }] }\n');
  write('index.ts', '// A lib.\nexport const one = 1;\n');
});

afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(root, sources, name), text);
}

function run(...args: readonly string[]) {
  const lines: string[] = [];
  const code = check({ root, args, print: (line) => lines.push(line) });
  return { code, lines };
}

it('finds nothing where nothing is wrong', () => {
  expect(run('types', 'lint', 'format')).toEqual({ code: 0, lines: ['check: all holds (types, lint, format)'] });
});

it('names type errors once, in sources and in specs', () => {
  write('index.ts', '// A lib.\nexport const one: string = 1;\n');
  write('index.spec.ts', "// Its spec.\nimport { one } from './index.js';\n\nexport const two: number = one;\n");
  const { code, lines } = run('types');
  expect(code).toBe(1);
  expect(lines.toSorted()).toEqual([
    'check: 2 findings in 2 files (types 2)',
    expect.stringContaining(
      `${sources}/index.spec.ts:4 types/TS2322: Type 'string' is not assignable to type 'number'`,
    ),
    expect.stringContaining(`${sources}/index.ts:2 types/TS2322: Type 'number' is not assignable to type 'string'`),
  ]);
});

it.each([
  ['typescript/no-floating-promises', 'Promise.resolve(1);'],
  ['typescript/no-explicit-any', 'export const some: any = 1;'],
  ['eslint/no-unused-vars', 'const some = 1;'],
  ['eslint/no-warning-comments', '// TODO: later'],
  ['import/no-default-export', 'export default 1;'],
  ['eslint/no-console', 'console.log(1);'],
  ['eslint/max-params', 'export const f = (a: 1, b: 1, c: 1, d: 1) => a + b + c + d;'],
  ['eslint/max-lines', 'export {};\n'.repeat(301)],
  ['eslint/max-lines-per-function', `export function f(): void {\n${'  f();\n'.repeat(61)}}`],
])('lint: %s', (rule, text) => {
  write('planted.ts', `// Planted.\n${text}\n`);
  const { code, lines } = run('lint');
  expect(code).toBe(1);
  expect(lines).toEqual(
    expect.arrayContaining([expect.stringMatching(new RegExp(`^${sources}/planted\\.ts:\\d+ lint/${rule}: `))]),
  );
});

it('names files that are not formatted', () => {
  write('planted.ts', '// Planted.\nexport const two="2"\n');
  expect(run('format').lines).toEqual([
    `${sources}/planted.ts:1 format: not formatted — npx prettier --write ${sources}/planted.ts`,
    'check: 1 findings in 1 files (format 1)',
  ]);
});

it.each([
  ['types', 'tsconfig.base.json'],
  ['lint', '.oxlintrc.json'],
  ['format', '.prettierrc.json'],
  ['table', 'package.json'],
])('does not take %s for kept when %s is broken', (part, settings) => {
  write(`../../../${settings}`, '{');
  const { code, lines } = run(part);
  expect({ code, findings: lines.length - 1 }).toEqual({ code: 1, findings: expect.any(Number) });
  expect(lines[0]).toMatch(/^\S+:\d+ \S+: .+ — .+$/);
});
