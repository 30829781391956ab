// What the reader of sources sees, and what it must not mistake for an import.
import { describe, expect, it } from '@jest/globals';
import { parseSource } from './source.js';

function read(text: string, path = 'libs/contracts/src/example.ts') {
  return parseSource({ path, text });
}

describe('imports', () => {
  it.each([
    ["import a from 'x';"],
    ["import { type A } from 'x';"],
    ["import type { A } from 'x';"],
    ["import 'x';"],
    ["export * from 'x';"],
    ["export { a } from 'x';"],
    ["export type { A } from 'x';"],
    ["const a = await import('x');"],
    ["type A = import('x').A;"],
    ["import a = require('x');"],
    ["const a = require('x');"],
    ["const a = import.meta.resolve('x');"],
    ["const a = createRequire(import.meta.url)('x');"],
    ["const a = createRequire(import.meta.url).resolve('x');"],
    ["const a = process.getBuiltinModule('x');"],
  ])('sees %s', (text) => {
    expect(read(`\n${text}`).imports).toEqual([{ specifier: 'x', line: 2 }]);
  });

  it.each([
    ["// import a from 'x';"],
    ["/* export * from 'x'; */"],
    ['const text = "import a from \'x\'";'],
    ["const text = `import('x')`;"],
    ["const pattern = /import a from 'x'/;"],
    ["const half = 1 / 2; /import('x')/.test('');"],
    ["const a = path.resolve('x');"],
    ["await Promise.resolve('x');"],
    ['const a = await import(name);'],
    ["export const from = 'x';"],
  ])('does not see one in %s', (text) => {
    expect(read(text).imports).toEqual([]);
  });
});

describe('names', () => {
  it('stand with their lines, however many bytes and decorators come before', () => {
    const text = '// größer 🔑\n@Injectable()\nclass A {\n  now = globalThis.Date.now();\n}\nit.only.each([]);\n';
    expect(read(text).uses).toEqual(
      expect.arrayContaining([
        { form: 'name', name: 'Date.now', arguments: 0, line: 4 },
        { form: 'call', name: 'Date.now', arguments: 0, line: 4 },
        { form: 'name', name: 'it.only', arguments: 0, line: 6 },
      ]),
    );
  });

  it('are told apart from strings and comments', () => {
    expect(read("// Date.now()\nconst text = 'Date.now()';\n").uses.map(({ name }) => name)).toEqual(['text']);
  });
});

it('reads JSX, and says of what it cannot read that it is broken', () => {
  const text = "import x from 'x';\nexport const page = <p>import y from 'y'</p>;\n";
  expect(read(text, 'page.tsx')).toMatchObject({ imports: [{ specifier: 'x', line: 1 }], broken: null });
  expect(read('const = ;')).toMatchObject({ imports: [], uses: [], broken: expect.any(String) });
});
