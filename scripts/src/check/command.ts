// The command line of `npm run check`: chooses the parts, runs them all, prints what they found.
import { parseArgs } from 'node:util';
import { documents, writeDocuments } from './documents.js';
import { readFiles } from './files.js';
import { formatFinding, type Finding } from './finding.js';
import { edges } from './rules/edges.js';
import { layout } from './rules/layout.js';
import { purity } from './rules/purity.js';
import { references } from './rules/references.js';
import { rooms } from './rules/rooms.js';
import { syntax } from './rules/syntax.js';
import { table } from './rules/table.js';
import { format, lint, types } from './tools.js';
import { readWorkspace, UnreadableWorkspace, type Workspace } from './workspace.js';

type Tool = (root: string) => readonly Finding[];
type Rule = (workspace: Workspace) => readonly Finding[];

const tools: Readonly<Record<string, Tool>> = { types, lint, format, documents };
const rules: Readonly<Record<string, Rule>> = { table, edges, references, rooms, purity, syntax, layout };
const names = [...Object.keys(tools), ...Object.keys(rules)];

const usage = `npm run check [-- [--json] [--fix] [part ...]]

Holds the repository against its own rules; without a part, against all of them.
--fix first writes the generated documents anew.
Parts: ${names.join(' ')}`;

/** One run of the command. */
export interface CheckRequest {
  /** The folder of the repository. */
  readonly root: string;
  /** As on the command line: `--json`, `--fix`, `--help` and the names of parts. */
  readonly args: readonly string[];
  readonly print: (line: string) => void;
}

/** Returns the exit code: 0 when all holds, 1 when there is any finding, 2 when the arguments make no sense. */
export function check({ root, args, print }: CheckRequest): 0 | 1 | 2 {
  const asked = readArguments(args);
  if (asked === null || asked.help) {
    print(usage);
    return asked === null ? 2 : 0;
  }
  if (asked.fix) writeDocuments(root);
  const findings = runParts(root, asked.parts);
  if (asked.json) print(JSON.stringify({ parts: asked.parts, findings }, null, 2));
  else for (const line of [...findings.map(formatFinding), summary(asked.parts, findings)]) print(line);
  return findings.length === 0 ? 0 : 1;
}

const flag = { type: 'boolean', default: false } as const;

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: flag, fix: flag, help: flag },
    });
    if (!positionals.every((part) => names.includes(part))) return null;
    return { ...values, parts: positionals.length === 0 ? names : positionals };
  } catch {
    return null;
  }
}

function runParts(root: string, parts: readonly string[]): readonly Finding[] {
  const rulesAsked = parts.flatMap((part) => rules[part] ?? []);
  return [
    ...parts.flatMap((part) => tools[part]?.(root) ?? []),
    ...(rulesAsked.length > 0 ? keep(root, rulesAsked) : []),
  ];
}

function keep(root: string, asked: readonly Rule[]): readonly Finding[] {
  try {
    const workspace = readWorkspace(readFiles(root));
    return asked.flatMap((rule) => rule(workspace));
  } catch (error) {
    if (!(error instanceof UnreadableWorkspace)) throw error;
    const remedy = 'mend it; no rule can be checked before';
    return [{ file: error.file, line: 1, rule: 'workspace', what: error.message, remedy }];
  }
}

function summary(parts: readonly string[], findings: readonly Finding[]): string {
  if (findings.length === 0) return `check: all holds (${parts.join(', ')})`;
  const files = new Set(findings.map(({ file }) => file)).size;
  const shares = new Map<string, number>();
  for (const { rule } of findings) {
    const [part = ''] = rule.split('/');
    shares.set(part, (shares.get(part) ?? 0) + 1);
  }
  const list = [...shares].map(([part, count]) => `${part} ${count}`).join(', ');
  return `check: ${findings.length} findings in ${files} files (${list})`;
}
