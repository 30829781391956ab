// Runs the compiler, the linter and the formatter, and turns what they print into findings.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './finding.js';
import { listFiles } from './files.js';

/** Types of all projects, specs included; builds them on the way. Rules are named by TypeScript's error codes. */
export function types(root: string): readonly Finding[] {
  const projects = listFiles(root).filter((path) => path.endsWith('tsconfig.spec.json'));
  const run = runTool(root, 'tsc', ['-b', '--pretty', 'false', 'tsconfig.json', ...projects]);
  const errors = [...run.output.matchAll(/^(?:(.+)\((\d+),\d+\): )?error (TS\d+): (.*)$/gm)];
  // A build tells the same error once for each project that it keeps from being built.
  const lines = new Map(errors.map(([text, ...parts]) => [text, parts]));
  return orFailure(run, 'types', () =>
    [...lines.values()].map(([file = 'tsconfig.json', line = '1', code = '', message = '']) => {
      return { file, line: Number(line), rule: `types/${code}`, what: message, remedy: 'make the types agree' };
    }),
  );
}

interface LintReport {
  readonly diagnostics: readonly {
    readonly code?: string;
    readonly message: string;
    readonly help?: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
}

/**
 * What .oxlintrc.json asks for, warnings included. Rules are named as a disabling comment would: `eslint/max-lines`.
 */
export function lint(root: string): readonly Finding[] {
  const run = runTool(root, 'oxlint', ['--format', 'json']);
  return orFailure(run, 'lint', () => {
    const { diagnostics } = JSON.parse(run.output) as LintReport;
    return diagnostics.map(({ code = 'parse', message, help, filename, labels }) => ({
      file: filename,
      line: labels[0]?.span.line ?? 1,
      rule: `lint/${code.replace('(', '/').replace(')', '')}`,
      what: oneLine(message),
      remedy: oneLine(help ?? 'write it another way'),
    }));
  });
}

/** Files that Prettier would write differently. */
export function format(root: string): readonly Finding[] {
  const run = runTool(root, 'prettier', ['--list-different', '.']);
  return orFailure(run, 'format', () =>
    run.output
      .split('\n')
      .filter((file) => existsSync(join(root, file)) && file !== '')
      .map((file) => {
        const remedy = `npx prettier --write ${file}`;
        return { file, line: 1, rule: 'format', what: 'not formatted', remedy };
      }),
  );
}

interface Run {
  readonly output: string;
  readonly errors: string;
  readonly status: number | null;
}

function runTool(root: string, tool: string, args: readonly string[]): Run {
  const program = join(root, 'node_modules/.bin', tool);
  const run = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { output: run.stdout ?? '', errors: `${run.stderr ?? ''}${run.error?.message ?? ''}`, status: run.status };
}

/** A tool that fails without saying where has failed all the same. */
function orFailure(run: Run, part: string, read: () => readonly Finding[]): readonly Finding[] {
  const failure = (reason: string): readonly Finding[] => {
    const what = `the tool failed: ${oneLine(reason)}`;
    return [{ file: 'package.json', line: 1, rule: part, what, remedy: 'run it by hand to see why' }];
  };
  try {
    const findings = read();
    return findings.length === 0 && run.status !== 0 ? failure(run.errors || run.output) : findings;
  } catch {
    return failure(run.errors || run.output);
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
