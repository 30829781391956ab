/** Whether a process can work: the checks that it names, asked all at once. */
import { within } from './within.js';

const CHECK_MS = 1_000;

/** Something that a service cannot work without. It fails by `false`, by rejecting, or by taking over a second. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void> | boolean;
}

/** `failing` holds the names of the checks that fail. */
export interface Readiness {
  readonly ready: boolean;
  readonly failing: readonly string[];
}

/** Asks every check at once. Never rejects, and answers within a second or so. */
export async function readinessOf(checks: readonly HealthCheck[]): Promise<Readiness> {
  const passed = await Promise.all(checks.map(passes));
  const failing = checks.filter((_, index) => passed[index] === false).map(({ name }) => name);
  return { ready: failing.length === 0, failing };
}

async function passes(probe: HealthCheck): Promise<boolean> {
  try {
    return (await within<unknown>(CHECK_MS, () => probe.check())) !== false;
  } catch {
    return false;
  }
}
