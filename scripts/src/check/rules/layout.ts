// Rule `layout`: files stand where a newcomer looks for them and say at once what they are for.
import type { Finding } from '../finding.js';
import type { Project, Workspace } from '../workspace.js';

/**
 * Finds libs without their index.ts, any other index.ts, files that do not open with a comment, and comments too wide.
 */
export function layout({ projects }: Workspace): readonly Finding[] {
  return projects.flatMap((project) => [...doors(project), ...openings(project), ...wideComments(project)]);
}

function doors({ kind, folder, modules }: Project): readonly Finding[] {
  const door = kind === 'lib' ? `${folder}/src/index.ts` : null;
  const present = modules.map(({ path }) => path).filter((path) => path.endsWith('/index.ts'));
  const rule = 'layout';
  const missing = door !== null && !present.includes(door);
  return [
    ...(missing ? [{ file: door, line: 1, rule, what: 'is missing', remedy: 'export here what the lib offers' }] : []),
    ...present
      .filter((path) => path !== door)
      .map((file) => ({
        file,
        line: 1,
        rule,
        what: 'an index.ts that is no lib’s door',
        remedy: 'name the file after what it holds',
      })),
  ];
}

function openings({ modules }: Project): readonly Finding[] {
  const silent = modules.filter(({ role, text }) => role !== 'configuration' && !/^(?:#!.*\n)?\/[/*]/.test(text));
  return silent.map(({ path }) => ({
    file: path,
    line: 1,
    rule: 'layout',
    what: 'does not say what it is for',
    remedy: 'open the file with one sentence in a comment',
  }));
}

const WIDTH = 120;

/** The formatter breaks code, and leaves comments as they are. */
function wideComments({ modules }: Project): readonly Finding[] {
  return modules.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => {
      if (line.length <= WIDTH || !/^\s*(?:\/\*\*|\*|\/\/) /.test(line)) return [];
      return [
        { file: path, line: i + 1, rule: 'layout', what: 'a comment wider than the page', remedy: 'break it at 120' },
      ];
    }),
  );
}
