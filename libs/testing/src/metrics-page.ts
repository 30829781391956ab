/** Reads a page of metrics as a scraper would, and says what on it no page of ours may hold. */

/** One line of a page in the text format of Prometheus. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Throws at a line that is neither a comment nor a sample. */
export function samplesOf(page: string): readonly MetricSample[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const {
        name = '',
        labels = '',
        value = '',
      } = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/.exec(line)?.groups ?? {};
      if (name === '') throw new Error(`no sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text] as const);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

const NAME =
  /^keytrail_[a-z]+_(?:[a-z_]+_(?:seconds|events|items|requests|state|total)(?:_bucket|_sum|_count)?|(?:[a-z_]+_)?bytes)$/;
const OF_THE_PROCESS = /^(?:process|nodejs)_/;

/**
 * The samples that break a rule: a name that is neither `keytrail_<room>_<what>_<unit>` (of bytes also without
 * `<what>`) nor of Node itself, or a label that holds one of the `hidden` texts, such as the references and principals
 * of a test.
 */
export function misplacedSamples(page: string, hidden: readonly string[]): readonly MetricSample[] {
  return samplesOf(page).filter(({ name, labels }) => {
    const isNamed = NAME.test(name) || OF_THE_PROCESS.test(name);
    return !isNamed || Object.values(labels).some((value) => hidden.some((text) => value.includes(text)));
  });
}
