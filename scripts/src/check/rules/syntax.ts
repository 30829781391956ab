// Rule `syntax`: what the house does not write, where the linter has no rule for it.
import type { Finding } from '../finding.js';
import type { Use } from '../source.js';
import type { Workspace } from '../workspace.js';

const focused = /^(?:it|test|describe)\.(?:only|skip|todo)$/;
const aliases = /^(?:fit|fdescribe|xit|xtest|xdescribe)$/;

/** Finds files that do not parse, enums, and tests that are left out or leave others out. */
export function syntax({ projects }: Workspace): readonly Finding[] {
  return projects.flatMap(({ modules }) =>
    modules.flatMap(({ path, broken, uses }) => [
      ...(broken === null ? [] : [{ file: path, line: 1, rule: 'syntax', what: broken, remedy: 'make it parse' }]),
      ...uses.flatMap((use) => {
        const complaint = complaintAbout(use);
        return complaint === null ? [] : [{ file: path, line: use.line, rule: 'syntax', ...complaint }];
      }),
    ]),
  );
}

function complaintAbout({ form, name }: Use): Pick<Finding, 'what' | 'remedy'> | null {
  if (form === 'enum') return { what: `enum ${name}`, remedy: 'write a union of literals' };
  const unfinished = (form === 'name' && focused.test(name)) || (form === 'call' && aliases.test(name));
  return unfinished ? { what: `${name} leaves tests out`, remedy: 'let all tests run, or delete the test' } : null;
}
