/** Follows the vault: windows, findings, their events and the checkpoint of a batch commit together. */
import type { FindingId, Principal, Reference } from '@keytrail/contracts';
import { ACCESS_RATE_RULES, durableName } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Database, Projection } from '@keytrail/postgres';
import { projection } from '@keytrail/postgres';
import type { Log } from '@keytrail/service';
import { logParked } from '@keytrail/service';
import type { Obtained } from './access.js';
import { obtainedIn, referenceIn } from './access.js';
import { detect } from './detection.js';
import { recordFindings } from './finding/record-findings.js';
import type { RateRule, SecretWindows } from './window.js';
import { horizonOf } from './window.js';
import { WindowMemory } from './window.memory.js';
import type { WindowChange } from './window.store.js';
import { saveWindows, windowStateOf, sweepStamps } from './window.store.js';

/** The name of this reader of the bus. */
export const READER = 'anomaly';

export interface AnomalyProjectionOptions {
  readonly database: Database;
  /** For reading windows, of which there may be much, outside of the transaction. */
  readonly reading: Database;
  /** In whose name findings are recorded. */
  readonly principal: Principal;
  readonly log: Log;
  /** Called after each commit that has findings. */
  readonly onRaised?: () => void;
  readonly rules?: readonly RateRule[];
  /** How many stamps are kept in memory. */
  readonly capacity?: number;
}

export function anomalyProjection(options: AnomalyProjectionOptions): Projection {
  const { database, log, onRaised, rules = ACCESS_RATE_RULES } = options;
  const memory = new WindowMemory(rules, options.capacity);
  let hasRaised = false;

  const folding = projection({
    database,
    name: durableName(READER, 'vault'),
    // No order key: whoever could get one access parked would blind the detector for all that follow. One that is
    // replayed
    // counts as what came out of order does.
    apply: async (tx, events) => {
      const accesses = events.map(obtainedIn).filter((obtained) => obtained !== null);
      if (accesses.length === 0) return;
      const references = distinct(accesses.map(({ subject }) => subject));
      const { newest, versions } = await windowStateOf(tx, references);
      const next = uuidv7();
      const windows = await memory.take(tx, { references, versions, next });
      const keptBefore = new Map([...windows].map(([reference, { keptFrom }]) => [reference, keptFrom]));
      const detection = detect({ accesses, windows, newest, mint });
      const changes = changesOf(accesses, windows, keptBefore);
      await saveWindows(tx, next, changes);
      await recordFindings(tx, detection, options.principal);
      await sweepStamps(tx, changes, horizonOf(rules, detection.newest));
      if (detection.late > 0) log.warn({ late: detection.late }, 'accesses arrived too late to start a finding');
      if (detection.raised.length > 0) hasRaised = true;
    },
    onParked: logParked(log, READER, 'vault'),
  });
  return {
    ...folding,
    handle: async (events) => {
      await memory.prepare(options.reading, distinct(events.map(referenceIn)));
      await folding.handle(events);
      if (hasRaised) onRaised?.();
      hasRaised = false;
    },
  };
}

const mint = (): FindingId => uuidv7() as FindingId;

const distinct = (references: readonly (Reference | null)[]): readonly Reference[] => [
  ...new Set(references.filter((reference) => reference !== null)),
];

function changesOf(
  accesses: readonly Obtained[],
  windows: ReadonlyMap<Reference, SecretWindows>,
  keptBefore: ReadonlyMap<Reference, number>,
): readonly WindowChange[] {
  const perSecret = Map.groupBy(accesses, ({ subject }) => subject);
  return [...windows].map(([reference, { keptFrom }]) => ({
    reference,
    keptBefore: keptBefore.get(reference) ?? -Infinity,
    keptFrom,
    times: (perSecret.get(reference) ?? []).map(({ at }) => at),
  }));
}
