// The workspace as the rules see it: its projects with their manifests, references and parsed sources.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { TextFile } from './files.js';
import { parseSource, type Source } from './source.js';

/**
 * What a source is for: it ships, it ships as a contract suite for tests, it tests (and is not built), it configures.
 */
export type Role = 'shipped' | 'contract' | 'spec' | 'configuration';

/** A package.json, as far as the rules read it. */
export interface Manifest extends TextFile {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** What the rules read of a tsconfig file. */
export interface TsConfig extends TextFile {
  /** The projects it refers to, as folders from the root of the repository. */
  readonly references: readonly string[];
  /** Globs from the tsconfig's folder. */
  readonly exclude: readonly string[];
}

/** A source file of a project. */
export interface Module extends Source {
  readonly role: Role;
}

/** One npm workspace. */
export interface Project {
  /** `libs/crypto`, `apps/vault`, `scripts` or `e2e`. */
  readonly folder: string;
  readonly kind: 'lib' | 'app' | 'scripts' | 'e2e';
  readonly manifest: Manifest;
  readonly modules: readonly Module[];
  /** tsconfig.json; `null` where it is missing. */
  readonly build: TsConfig | null;
  /** tsconfig.spec.json; `null` where it is missing. */
  readonly spec: TsConfig | null;
}

/** The whole repository. */
export interface Workspace {
  readonly manifest: Manifest;
  readonly build: TsConfig | null;
  readonly projects: readonly Project[];
}

const projectFolder = /^(?:libs\/[^/]+|apps\/[^/]+|scripts|e2e)(?=\/package\.json$)/;

/** A file without which the workspace makes no sense is missing or cannot be read. */
export class UnreadableWorkspace extends Error {
  override readonly name = 'UnreadableWorkspace';

  constructor(
    readonly file: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Reads the workspace out of its files.
 * Throws `UnreadableWorkspace` where a package.json or tsconfig is not plain JSON or there is no root package.json.
 */
export function readWorkspace(files: readonly TextFile[]): Workspace {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folders = files.flatMap(({ path }) => projectFolder.exec(path)?.[0] ?? []);
  const root = byPath.get('package.json');
  if (root === undefined) throw new UnreadableWorkspace('package.json', 'is missing');
  return {
    manifest: readManifest(root),
    build: readTsConfig(byPath.get('tsconfig.json')),
    projects: folders.map((folder) => readProject(folder, byPath)),
  };
}

function readProject(folder: string, files: ReadonlyMap<string, TextFile>): Project {
  const sources = [...files.values()].filter(({ path }) => path.startsWith(`${folder}/`) && !path.endsWith('.json'));
  const build = readTsConfig(files.get(`${folder}/tsconfig.json`));
  const roleOf = roleFinder(build?.exclude ?? []);
  return {
    folder,
    kind: kindOf(folder),
    manifest: readManifest(files.get(`${folder}/package.json`) as TextFile),
    modules: sources.map((file) => ({ ...parseSource(file), role: roleOf(file.path.slice(folder.length + 1)) })),
    build,
    spec: readTsConfig(files.get(`${folder}/tsconfig.spec.json`)),
  };
}

function kindOf(folder: string): Project['kind'] {
  if (folder.startsWith('libs/')) return 'lib';
  if (folder.startsWith('apps/')) return 'app';
  return folder === 'e2e' ? 'e2e' : 'scripts';
}

function roleFinder(notBuilt: readonly string[]): (path: string) => Role {
  return (path) => {
    if (!path.startsWith('src/')) return 'configuration';
    if (notBuilt.some((glob) => posix.matchesGlob(path, glob))) return 'spec';
    return /[./]contract\.ts$/.test(path) ? 'contract' : 'shipped';
  };
}

function readManifest(file: TextFile): Manifest {
  const empty = { name: '', scripts: {}, dependencies: {}, devDependencies: {}, optionalDependencies: {} };
  return { ...empty, peerDependencies: {}, ...(parse(file) as Partial<Manifest>), ...file };
}

function readTsConfig(file: TextFile | undefined): TsConfig | null {
  if (file === undefined) return null;
  const { references = [], exclude = [] } = parse(file) as { references?: { path: string }[]; exclude?: string[] };
  return { ...file, references: references.map(({ path }) => posix.join(posix.dirname(file.path), path)), exclude };
}

function parse(file: TextFile): unknown {
  try {
    return JSON.parse(file.text);
  } catch (error) {
    throw new UnreadableWorkspace(file.path, 'is not plain JSON', { cause: error });
  }
}

/**
 * The package that an import specifier names: `@keytrail/nats` for `@keytrail/nats/x`, `node:fs` for `fs`.
 * `null` for a relative import.
 */
export function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.')) return null;
  if (specifier.startsWith('node:')) return specifier;
  const [first = '', second = ''] = specifier.split('/');
  if (builtinModules.includes(first)) return `node:${specifier}`;
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** The file that a relative import means, as a path from the root of the repository. */
export function resolveRelative(importer: string, specifier: string): string {
  return posix.join(posix.dirname(importer), specifier);
}
