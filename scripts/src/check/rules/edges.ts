// Rule `edges`: a package.json lists what its sources import, no more and no less, each in the right section.
import { lineOf, type Finding } from '../finding.js';
import { packageOf, type Module, type Project, type Workspace } from '../workspace.js';

/** Finds imports without an edge, edges without an import, and edges in the wrong section. */
export function edges({ manifest, projects }: Workspace): readonly Finding[] {
  const workbench = new Set(Object.keys(manifest.devDependencies));
  return projects.flatMap((project) => [...missing(project, workbench), ...idle(project)]);
}

/** The root's devDependencies are tools for everybody's tests; shipped code has to bring its own. */
function missing(project: Project, workbench: ReadonlySet<string>): readonly Finding[] {
  const { manifest, modules } = project;
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  return modules.flatMap((module) =>
    packagesIn(module).flatMap(({ name, line }) => {
      const mayUseTools = module.role !== 'shipped' || !reachesProduction(project);
      const covered =
        name in shipped ||
        name === manifest.name ||
        (!isShipped(module) && name in manifest.devDependencies) ||
        (mayUseTools && workbench.has(name));
      if (covered) return [];
      const section = isShipped(module) ? 'dependencies' : 'devDependencies';
      const what = `${name} is imported, but not in the ${section} of ${manifest.path}`;
      return [{ file: module.path, line, rule: 'edges', what, remedy: `add it there, or do without it` }];
    }),
  );
}

function idle({ manifest, modules }: Project): readonly Finding[] {
  const imported = new Set(modules.flatMap((module) => packagesIn(module).map(({ name }) => name)));
  const inShipped = new Set(modules.filter(isShipped).flatMap((module) => packagesIn(module).map(({ name }) => name)));
  const finding = (name: string, what: string, remedy: string): Finding => {
    const line = lineOf(manifest.text, `"${name}":`);
    return { file: manifest.path, line, rule: 'edges', what: `${name} ${what}`, remedy };
  };
  const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  return declared.flatMap((name) => {
    if (!imported.has(name.replace(/^@types\//, '')))
      return [finding(name, 'is listed, but never imported', 'remove it')];
    const onlyTested = name in manifest.dependencies && !inShipped.has(name);
    return onlyTested ? [finding(name, 'is imported by tests alone', 'move it to devDependencies')] : [];
  });
}

function packagesIn(module: Module): readonly { readonly name: string; readonly line: number }[] {
  return module.imports.flatMap(({ specifier, line }) => {
    const name = packageOf(specifier);
    return name === null || name.startsWith('node:') ? [] : [{ name, line }];
  });
}

function isShipped({ role }: Module): boolean {
  return role === 'shipped' || role === 'contract';
}

function reachesProduction({ kind, folder }: Project): boolean {
  return kind === 'app' || (kind === 'lib' && folder !== 'libs/testing');
}
