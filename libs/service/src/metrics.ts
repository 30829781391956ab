/** What a process counts and measures, as one page for Prometheus. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { together } from './together.js';
import { within } from './within.js';

const READING_MS = 1_000;

/** The rule of names: `keytrail_<room>_<what>_<unit>`; of bytes a room holds them, and no more need be said. */
const NAME = /^keytrail_[a-z]+_(?:[a-z_]+_(?:seconds|events|items|requests|state|total)|(?:[a-z_]+_)?bytes)$/;

/** All that a label may tell: never a reference, a principal or a workspace, whose number nobody bounds. */
export type MetricLabel =
  | 'operation'
  | 'code'
  | 'cause'
  | 'route'
  | 'method'
  | 'status'
  | 'journal'
  | 'service'
  | 'holder'
  | 'cache'
  | 'outcome';

export interface MetricDescription<L extends MetricLabel> {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly L[];
}

/** One sample of a gauge; a value that is null is not known, and is left out. */
export interface Reading<L extends MetricLabel> {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number | null;
}

/** The metrics of one process. */
export interface Metrics {
  /** For counting where it happens. */
  counter<L extends MetricLabel>(description: MetricDescription<L>): Counter<L>;
  /** For durations and sizes; `buckets` are upper bounds, in the metric's unit. */
  histogram<L extends MetricLabel>(description: MetricDescription<L>, buckets: readonly number[]): Histogram<L>;
  /**
   * Reads at each scrape; what throws or takes over a second is left out of the page. A name that ends in `_total` is a
   * counter, any other a gauge.
   */
  read<L extends MetricLabel>(
    description: MetricDescription<L>,
    read: () => readonly Reading<L>[] | Promise<readonly Reading<L>[]>,
  ): void;
  /** Never rejects for a reading, and takes a second or so. Who asks while a page is made is given that one. */
  page(): Promise<string>;
}

/** The media type of the page. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The metrics of this process, with those of Node itself (`process_…`, `nodejs_…`). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    counter: (description) => new Counter(configuration(registry, description)),
    histogram: (description, buckets) =>
      new Histogram({ ...configuration(registry, description), buckets: [...buckets] }),
    read: (description, read) => {
      const collect = async (): Promise<void> => {
        const readings = await within(READING_MS, read).catch(() => []);
        metric.reset();
        // Without labels, a reset leaves a zero.
        if (description.labels.length === 0) metric.remove();
        for (const { labels, value } of readings) if (value !== null) metric.inc(labels, value);
      };
      const options = { ...configuration(registry, description), collect };
      const metric = description.name.endsWith('_total') ? new Counter(options) : new Gauge(options);
    },
    page: together(() => registry.metrics()),
  };
}

function configuration<L extends MetricLabel>(registry: Registry, { name, help, labels }: MetricDescription<L>) {
  if (!NAME.test(name)) throw new RangeError(`${name} is not a name of the form keytrail_<room>_<what>_<unit>`);
  return { name, help, labelNames: [...labels], registers: [registry] };
}
