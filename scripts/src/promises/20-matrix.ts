/** The tables of docs/access.md, written by hand: what promise 20 holds a running system against. */
import fs from 'node:fs';
import path from 'node:path';
import { Permission, Role } from '@keytrail/contracts';
import { repository } from '../state-folder.js';

/** Where a principal with a role may: wherever it is bound, in a delegated workspace only, above all only, nowhere. */
export type Right = 'yes' | 'delegated' | 'above' | 'no';

export type Matrix = ReadonlyMap<Permission, Readonly<Record<Role, Right>>>;

/** Keytrail's own processes, by the names that the document gives them. */
export const PROCESSES = ['gateway', 'rotation-scheduler', 'audit', 'anomaly-detector'] as const;
export type Process = (typeof PROCESSES)[number];

/** Cells by their columns. */
export type Row = Readonly<Record<string, string>>;

export const accessDocument = (): string => fs.readFileSync(path.join(repository, 'docs/access.md'), 'utf8');

/** The tables between a heading and the next one of its level, in their order. Throws where there is none. */
export function tablesUnder(document: string, heading: string): readonly (readonly Row[])[] {
  const [, section] = document.split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`docs/access.md has no heading "${heading}"`);
  const [lines] = section.split('\n## ') as [string];
  const blocks = lines.split(/\n(?!\|)/).map((block) => block.split('\n').filter((line) => line.startsWith('|')));
  const tables = blocks.filter((block) => block.length > 2).map(rowsOf);
  if (tables.length === 0) throw new Error(`docs/access.md has no table under "${heading}"`);
  return tables;
}

function rowsOf([head = '', , ...lines]: readonly string[]): readonly Row[] {
  const columns = cellsOf(head);
  return lines.map((line) => Object.fromEntries(cellsOf(line).map((cell, i) => [columns[i] ?? '', cell])));
}

const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.replaceAll('`', '').trim());

/** What stands in a cell with commas between. */
export const listIn = (cell: string): readonly string[] => cell.split(',').map((each) => each.trim());

/** A cell that says yes or no; throws at any other. */
export function isYes(cell: string | undefined): boolean {
  if (cell !== 'yes' && cell !== 'no') throw new Error(`docs/access.md has "${cell}" where yes or no should stand`);
  return cell === 'yes';
}

/** What roles permit. Throws where a permission is missing or none, and where a cell is not of its words. */
export function matrixIn(document: string): Matrix {
  const [rows] = tablesUnder(document, 'The matrix') as [readonly Row[]];
  const matrix = new Map(rows.map((row) => [Permission.parse(row['permission']), rightsIn(row)]));
  const missing = Permission.options.filter((permission) => !matrix.has(permission));
  if (missing.length > 0) throw new Error(`the matrix of docs/access.md says nothing of ${missing.join(', ')}`);
  if (matrix.size < rows.length) throw new Error('the matrix of docs/access.md has a permission twice');
  return matrix;
}

const RIGHTS: ReadonlySet<string> = new Set<Right>(['yes', 'delegated', 'above', 'no']);

function rightsIn(row: Row): Readonly<Record<Role, Right>> {
  const rights = Role.options.map((role) => {
    const right = row[role] ?? 'nothing';
    if (!RIGHTS.has(right)) throw new Error(`the matrix says "${right}" of ${role} and ${row['permission']}`);
    return [role, right];
  });
  return Object.fromEntries(rights) as Record<Role, Right>;
}

/** What Keytrail's own processes may ask, from the sentence below the matrix. Throws where one of them is not in it. */
export function processesIn(document: string): ReadonlyMap<Process, ReadonlySet<Permission>> {
  const sentence = /Of those the gateway may.*?\.(?=\s)/s.exec(document)?.[0] ?? '';
  const may = new Map<Process, Set<Permission>>();
  let spokenOf: Process[] = [];
  let isListing = false;
  for (const [, name, permission] of sentence.matchAll(/\bthe\s+([a-z-]+)|`([a-z_.]+)`/g)) {
    if (name !== undefined) {
      const process = PROCESSES.find((each) => each === name);
      if (process === undefined) throw new Error(`docs/access.md speaks of the ${name}, which is no process`);
      spokenOf = isListing ? [process] : [...spokenOf, process];
      may.set(process, new Set());
    } else for (const process of spokenOf) may.get(process)?.add(Permission.parse(permission));
    isListing = name === undefined;
  }
  const missing = PROCESSES.filter((process) => !may.has(process));
  if (missing.length > 0) throw new Error(`docs/access.md does not say what ${missing.join(', ')} may`);
  return may;
}
