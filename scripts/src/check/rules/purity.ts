// Rule `purity`: deciders, views and processes decide from their arguments alone.
import { purePackages } from '../dependency-table.js';
import type { Finding } from '../finding.js';
import type { Use } from '../source.js';
import { packageOf, type Workspace } from '../workspace.js';

const pureFile = /\.(?:decider|view|process)\.ts$/;
const ambient = /^(?:Date\.now|Math\.random|performance\.now|process\..+|crypto\..+)$/;
const random = /^(?:.*\.)?(?:randomUUID|randomBytes|uuidv7|mint[A-Z]\w*)$/;

/** Finds imports, clocks and randomness in files that must be pure. */
export function purity({ projects }: Workspace): readonly Finding[] {
  const modules = projects.flatMap((project) => project.modules).filter(({ path }) => pureFile.test(path));
  return modules.flatMap(({ path, imports, uses }) => [
    ...imports.flatMap(({ specifier, line }) => {
      const name = packageOf(specifier);
      if (name === null || purePackages.includes(name)) return [];
      const remedy = `only ${purePackages.join(', ')} may stand here; let the handler do the rest`;
      return [{ file: path, line, rule: 'purity', what: `a pure file imports ${name}`, remedy }];
    }),
    ...uses.filter(isImpure).map((use) => ({
      file: path,
      line: use.line,
      rule: 'purity',
      what: `a pure file uses ${use.form === 'new' ? `new ${use.name}()` : use.name}`,
      remedy: 'take the value as part of the command or the event',
    })),
  ]);
}

/** A `new Date(text)` only converts; without an argument it reads the clock, as `Date()` always does. */
function isImpure({ form, name, arguments: count }: Use): boolean {
  if (name === 'Date') return form === 'call' || (form === 'new' && count === 0);
  return form === 'name' && (ambient.test(name) || random.test(name));
}
