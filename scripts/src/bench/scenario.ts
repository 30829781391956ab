/** What `bench decrypt` measures: one thing is changed at a time. */

export interface Scenario {
  readonly name: string;
  /** Audit, anomaly-detector, rotation-scheduler and gateway run too, and take in what happens. */
  readonly whole: boolean;
  readonly inFlight: number;
  readonly valueBytes: number;
  /** Vault processes on the one database. */
  readonly replicas: number;
  /** Of more than one, which is asked for is drawn by Zipf's law. */
  readonly secrets: number;
}

const base: Omit<Scenario, 'name'> = { whole: false, inFlight: 64, valueBytes: 64, replicas: 1, secrets: 1 };

/** The others are stopped once and for all after it, so it comes first. */
export const WHOLE_SYSTEM: Scenario = { ...base, name: 'whole system', whole: true };

/** What half of is the rate of {@link HALF_OF_PEAK}. */
export const PEAK: Scenario = { ...base, name: 'vault alone, 64 in flight' };

/** Arrivals at a fixed rate: measured behind {@link PEAK}, in figures of its own. */
export const HALF_OF_PEAK = 'p99 at half of peak';

/** One by one and many at once, in turns: measured behind {@link PEAK}, in figures of its own. */
export const MANY_IN_ONE = 'decryptBatch of 20';

const ORDINARY: readonly Scenario[] = [
  WHOLE_SYSTEM,
  ...[1, 16].map((inFlight) => ({ ...base, name: `vault alone, ${inFlight} in flight`, inFlight })),
  PEAK,
  { ...base, name: 'vault alone, 256 in flight', inFlight: 256 },
  { ...base, name: 'vault alone, 1 KiB', valueBytes: 1_024 },
  ...[2, 4].map((replicas) => ({ ...base, name: `${replicas} vaults`, replicas })),
];

/** Takes minutes to make, and so has to be asked for. */
const zipfOf = (secrets: number): Scenario => ({
  ...base,
  name: `${secrets.toLocaleString('en')} secrets, Zipf`,
  secrets,
});

export interface Choice {
  /** Part of the name of a scenario, in capitals or not; undefined for all but those that have to be asked for. */
  readonly only?: string | undefined;
  /** How many there are where they are many. */
  readonly secrets: number;
}

/** In the order in which they are measured. */
export interface Chosen {
  readonly scenarios: readonly Scenario[];
  /** Whether {@link PEAK}, which is then among them, is followed by {@link HALF_OF_PEAK}. */
  readonly atHalfOfPeak: boolean;
  /** And by {@link MANY_IN_ONE}. */
  readonly manyInOne: boolean;
}

/** Throws `RangeError` where no name has that part. */
export function chosenScenarios({ only, secrets }: Choice): Chosen {
  if (only === undefined) return { scenarios: ORDINARY, atHalfOfPeak: true, manyInOne: true };
  const all = [...ORDINARY, zipfOf(secrets)];
  const fits = (name: string) => name.toLowerCase().includes(only.toLowerCase());
  const [atHalfOfPeak, manyInOne] = [fits(HALF_OF_PEAK), fits(MANY_IN_ONE)];
  const isNeeded = (scenario: Scenario) => scenario === PEAK && (atHalfOfPeak || manyInOne);
  const scenarios = all.filter((scenario) => fits(scenario.name) || isNeeded(scenario));
  if (scenarios.length > 0) return { scenarios, atHalfOfPeak, manyInOne };
  const names = [...all.map(({ name }) => name), HALF_OF_PEAK, MANY_IN_ONE];
  throw new RangeError(`no scenario has "${only}" in its name; there are:\n${names.map((n) => `  ${n}`).join('\n')}`);
}
