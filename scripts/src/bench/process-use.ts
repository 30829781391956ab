/** What processes have used, as Linux tells it in /proc: processor time and memory. */
import fs from 'node:fs';

/** Of the kernel's clock ticks, of which there are 100 a second on every Linux that Node runs on. */
const TICK_US = 10_000;
/** Fields of /proc/<pid>/stat behind the name, which may itself hold spaces: see proc(5). */
const FIELD = { parent: 1, user: 11, system: 12, childrenUser: 13, childrenSystem: 14 } as const;

/** In microseconds, of the process and its children, those that have ended too; null where there is no /proc. */
export function cpuMicrosecondsOf(pid: number): number | null {
  if (!fs.existsSync('/proc/self/stat')) return null;
  const { user, system, childrenUser, childrenSystem } = FIELD;
  const own = fieldsOf(pid, [user, system, childrenUser, childrenSystem]);
  const ofChildren = childrenOf(pid).flatMap((child) => fieldsOf(child, [user, system]));
  return [...own, ...ofChildren].reduce((sum, ticks) => sum + ticks, 0) * TICK_US;
}

/** Resident memory in MB; null where there is no /proc. */
export const residentMbOf = (pid: number): number | null => megabytesOf(kilobytesOf(pid, 'VmRSS'));

/** Of the process and its children together, in MB, what no file and no shared memory stands behind; null likewise. */
export function privateMbOf(pid: number): number | null {
  const own = kilobytesOf(pid, 'RssAnon');
  if (own === null) return null;
  return megabytesOf(childrenOf(pid).reduce((sum, child) => sum + (kilobytesOf(child, 'RssAnon') ?? 0), own));
}

const megabytesOf = (kilobytes: number | null): number | null =>
  kilobytes === null ? null : Math.round(kilobytes / 1_024);

function kilobytesOf(pid: number, what: 'VmRSS' | 'RssAnon'): number | null {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    const [, kilobytes] = new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes);
  } catch {
    return null;
  }
}

/** Zeros of a process that has ended meanwhile. */
function fieldsOf(pid: number, fields: readonly number[]): readonly number[] {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.map((field) => Number(values[field]));
  } catch {
    return fields.map(() => 0);
  }
}

const childrenOf = (pid: number): readonly number[] =>
  fs
    .readdirSync('/proc')
    .map(Number)
    .filter((candidate) => candidate > 0 && fieldsOf(candidate, [FIELD.parent])[0] === pid);
