// Rule `syntax`: what the house does not write, where the linter has no rule for it.
import type { Finding } from '../finding.js';
import type { Use } from '../source.js';
import type { Workspace } from '../workspace.js';

const focused = /^(?:it|test|describe)\.(?:only|skip|todo)$/;
/** The one reason to leave a test out: the machine cannot do what it needs, as in `able ? it : it.skip`. */
const conditional = /\? (it|test|describe) : \1\.skip\b/;
const aliases = /^(?:fit|fdescribe|xit|xtest|xdescribe)$/;

/** Finds files that do not parse, enums, and tests that are left out or leave others out. */
export function syntax({ projects }: Workspace): readonly Finding[] {
  return projects.flatMap(({ modules }) =>
    modules.flatMap(({ path, text, broken, uses }) => [
      ...(broken === null ? [] : [{ file: path, line: 1, rule: 'syntax', what: broken, remedy: 'make it parse' }]),
      ...uses.flatMap((use) => {
        const complaint = complaintAbout(use, text);
        return complaint === null ? [] : [{ file: path, line: use.line, rule: 'syntax', ...complaint }];
      }),
    ]),
  );
}

function complaintAbout({ form, name, line }: Use, text: string): Pick<Finding, 'what' | 'remedy'> | null {
  if (form === 'enum') return { what: `enum ${name}`, remedy: 'write a union of literals' };
  const leftOut = form === 'name' && focused.test(name) && !conditional.test(text.split('\n')[line - 1] ?? '');
  const unfinished = leftOut || (form === 'call' && aliases.test(name));
  return unfinished ? { what: `${name} leaves tests out`, remedy: 'let all tests run, or delete the test' } : null;
}
