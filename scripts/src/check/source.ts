// Sees a source file as the rules need it: what it imports and which names it uses, with their lines.
//
// TypeScript 7 has no parser for programs to call, Node's type stripping rejects decorators, and a scanner of our own
// would have to tell a regular expression from a division. SWC is already here to compile the tests and parses all of
// TypeScript, so it does the reading.
import { parseSync } from '@swc/core';
import type { TextFile } from './files.js';

/**
 * A module named by another: `import`, `export … from`, `import type`, `import()`, `require`, `import.meta.resolve`.
 */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Something a rule may have an opinion on, by the form in which the code uses it. */
export interface Use {
  readonly form: 'name' | 'call' | 'new' | 'enum';
  /** The dotted name, `globalThis.` left out: `Date.now`, `it.only`, `randomUUID`. */
  readonly name: string;
  /** The number of arguments of a `call` or `new`, otherwise 0. */
  readonly arguments: number;
  readonly line: number;
}

/** A parsed source file. */
export interface Source extends TextFile {
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
  /** Why the file could not be parsed, `null` if it could. */
  readonly broken: string | null;
}

interface SyntaxNode {
  readonly type: string;
  readonly span: { readonly start: number };
  readonly [field: string]: unknown;
}

const resolvers = new Set(['require', 'require.resolve', 'import.meta.resolve', 'process.getBuiltinModule']);

/** Parses one file; one that is no valid TypeScript comes back `broken` and empty. */
export function parseSource(file: TextFile): Source {
  const imports: Import[] = [];
  const uses: Use[] = [];
  const lineAt = lineFinder(file.text);
  try {
    const tsx = file.path.endsWith('x');
    const program: unknown = parseSync(file.text, { syntax: 'typescript', decorators: true, tsx, target: 'es2023' });
    visit(program, (node) => {
      const line = lineAt(node.span.start);
      const specifier = importedBy(node);
      if (specifier !== null) imports.push({ specifier, line });
      const use = usedBy(node);
      if (use !== null) uses.push({ ...use, line });
    });
    return { ...file, imports, uses, broken: null };
  } catch (error) {
    return { ...file, imports: [], uses: [], broken: String(error).split('\n', 1)[0] ?? '' };
  }
}

function importedBy(node: SyntaxNode): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return literal(node['source']);
    case 'TsImportType':
      return literal(node['argument']);
    case 'TsExternalModuleReference':
      return literal(node['expression']);
    case 'CallExpression': {
      const callee = asNode(node['callee']);
      const name = callee?.type === 'Import' ? 'require' : dottedName(callee).replace('createRequire()', 'require');
      return resolvers.has(name) ? literal(argumentsOf(node)[0]?.expression) : null;
    }
    default:
      return null;
  }
}

function usedBy(node: SyntaxNode): Omit<Use, 'line'> | null {
  switch (node.type) {
    case 'TsEnumDeclaration':
      return { form: 'enum', name: dottedName(asNode(node['id'])), arguments: 0 };
    case 'CallExpression':
    case 'NewExpression':
      return {
        form: node.type === 'NewExpression' ? 'new' : 'call',
        name: dottedName(asNode(node['callee'])),
        arguments: argumentsOf(node).length,
      };
    case 'Identifier':
    case 'MemberExpression':
      return { form: 'name', name: dottedName(node), arguments: 0 };
    default:
      return null;
  }
}

/** `a.b.c` as written; a called link keeps its brackets (`a().b`), and anything else is the empty string. */
function dottedName(node: SyntaxNode | null): string {
  switch (node?.type) {
    case 'Identifier':
      return String(node['value']);
    case 'MetaProperty':
      return 'import.meta';
    case 'CallExpression':
      return `${dottedName(asNode(node['callee']))}()`;
    case 'MemberExpression': {
      const name = `${dottedName(asNode(node['object']))}.${dottedName(asNode(node['property']))}`;
      return name.replace(/^globalThis\./, '');
    }
    default:
      return '';
  }
}

function visit(value: unknown, see: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see);
  } else if (typeof value === 'object' && value !== null) {
    const node = asNode(value);
    if (node !== null) see(node);
    for (const child of Object.values(value)) visit(child, see);
  }
}

function asNode(value: unknown): SyntaxNode | null {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value
    ? (value as SyntaxNode)
    : null;
}

function argumentsOf(node: SyntaxNode): readonly { readonly expression: unknown }[] {
  return (node['arguments'] as readonly { readonly expression: unknown }[] | null) ?? [];
}

function literal(value: unknown): string | null {
  const node = asNode(value);
  return node?.type === 'StringLiteral' ? String(node['value']) : null;
}

/** SWC counts bytes of UTF-8 from 1; people count lines. */
function lineFinder(text: string): (position: number) => number {
  const bytes = Buffer.from(text);
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return (position) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
