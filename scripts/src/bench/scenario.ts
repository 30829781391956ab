/** What `bench decrypt` measures: one thing is changed at a time. */

export interface Scenario {
  readonly name: string;
  /** Audit, anomaly-detector, rotation-scheduler and gateway run too, and take in what happens. */
  readonly whole: boolean;
  readonly inFlight: number;
  readonly valueBytes: number;
  /** Vault processes on the one database. */
  readonly replicas: number;
}

const base: Omit<Scenario, 'name'> = { whole: false, inFlight: 64, valueBytes: 64, replicas: 1 };

/** The others are stopped once and for all after it, so it comes first. */
export const WHOLE_SYSTEM: Scenario = { ...base, name: 'whole system', whole: true };

export const SCENARIOS: readonly Scenario[] = [
  WHOLE_SYSTEM,
  ...[1, 16, 64, 256].map((inFlight) => ({ ...base, name: `vault alone, ${inFlight} in flight`, inFlight })),
  { ...base, name: 'vault alone, 1 KiB', valueBytes: 1_024 },
  ...[2, 4].map((replicas) => ({ ...base, name: `${replicas} vaults`, replicas })),
];
