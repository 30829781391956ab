// Rule `table`: projects import each other only as the dependency table allows.
import { libraries } from '../dependency-table.js';
import type { Finding } from '../finding.js';
import { packageOf, resolveRelative, type Module, type Project, type Workspace } from '../workspace.js';

const scope = '@keytrail/';

/** Finds imports off the table, relative imports into another project, and libs without a row. */
export function table(workspace: Workspace): readonly Finding[] {
  return workspace.projects.flatMap((project) => [
    ...missingRow(project),
    ...project.modules.flatMap((module) => [
      ...offTheTable(project, module),
      ...acrossTheWall(project, module, workspace.projects),
    ]),
  ]);
}

function missingRow({ kind, folder, manifest }: Project): readonly Finding[] {
  if (kind !== 'lib' || rowOf(folder) !== null) return [];
  const what = `${folder} has no row in the dependency table`;
  const remedy = 'add one to scripts/src/check/dependency-table.ts, with a decision record';
  return [{ file: manifest.path, line: 1, rule: 'table', what, remedy }];
}

function offTheTable(project: Project, { path, role, imports }: Module): readonly Finding[] {
  const allowed = allowedFor(project, role);
  return imports.flatMap(({ specifier, line }) => {
    const name = packageOf(specifier);
    if (name === null || !name.startsWith(scope) || allowed.has(name)) return [];
    const what = `${project.folder} may not import ${name}`;
    const remedy = `it may import ${[...allowed].join(', ') || 'no other project'}; move the code to where it may stand`;
    return [{ file: path, line, rule: 'table', what, remedy }];
  });
}

function allowedFor({ kind, folder }: Project, role: Module['role']): ReadonlySet<string> {
  const everything = Object.keys(libraries);
  const allowed = {
    lib: rowOf(folder) ?? [],
    app: everything.filter((name) => name !== 'testing'),
    scripts: everything,
    e2e: [...everything, 'scripts'],
  }[kind];
  return new Set([...allowed, ...(role === 'spec' ? ['testing'] : [])].map((name) => scope + name));
}

function rowOf(folder: string): readonly string[] | null {
  return libraries[folder.replace('libs/', '')] ?? null;
}

function acrossTheWall(project: Project, module: Module, projects: readonly Project[]): readonly Finding[] {
  return module.imports.flatMap(({ specifier, line }) => {
    if (packageOf(specifier) !== null) return [];
    const target = resolveRelative(module.path, specifier);
    const other = projects.find((candidate) => target.startsWith(`${candidate.folder}/`));
    if (other === undefined || other === project) return [];
    const what = `"${specifier}" reaches into ${other.folder}`;
    const remedy = `import ${other.manifest.name} by its name, if the dependency table allows it`;
    return [{ file: module.path, line, rule: 'table', what, remedy }];
  });
}
