// Rule `references`: the tsconfig files refer to exactly the projects that the sources import.
//
// `tsc -b` does not notice a missing reference: it finds the sources all the same and builds in the wrong order.
import { lineOf, type Finding } from '../finding.js';
import { packageOf, type Project, type TsConfig, type Workspace } from '../workspace.js';

/** Finds references that are missing or idle, in the projects and at the root. */
export function references({ build, projects }: Workspace): readonly Finding[] {
  const folders = new Map(projects.map(({ manifest, folder }) => [manifest.name, folder]));
  const built = projects.filter(({ manifest }) => 'build' in manifest.scripts).map(({ folder }) => folder);
  return [
    ...compare(build, 'tsconfig.json', new Set(built)),
    ...projects.flatMap((project) => [
      ...compare(project.build, `${project.folder}/tsconfig.json`, importedBy(project, folders, 'build')),
      ...compare(project.spec, `${project.folder}/tsconfig.spec.json`, importedBy(project, folders, 'spec')),
    ]),
  ];
}

function importedBy(
  { folder, modules }: Project,
  folders: ReadonlyMap<string, string>,
  scope: 'build' | 'spec',
): ReadonlySet<string> {
  const inScope = modules.filter(({ role }) => role !== 'configuration' && (scope === 'spec' || role !== 'spec'));
  const names = inScope.flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier) ?? ''));
  return new Set(names.flatMap((name) => folders.get(name) ?? []).filter((target) => target !== folder));
}

function compare(file: TsConfig | null, path: string, wanted: ReadonlySet<string>): readonly Finding[] {
  const rule = 'references';
  if (file === null) return [{ file: path, line: 1, rule, what: 'is missing', remedy: 'add it, as in other projects' }];
  const present = new Set(file.references);
  const line = lineOf(file.text, '"references"');
  const absent = [...wanted].filter((folder) => !present.has(folder));
  const idle = [...present].filter((folder) => !wanted.has(folder));
  return [
    ...absent.map((folder) => ({ file: path, line, rule, what: `no reference to ${folder}`, remedy: 'add it' })),
    ...idle.map((folder) => ({ file: path, line, rule, what: `an idle reference to ${folder}`, remedy: 'remove it' })),
  ];
}
