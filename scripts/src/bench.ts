/** `npm run bench -- <name>`: measures a path against the limit that it cannot beat, in the same run. */
import { parseArgs } from 'node:util';
import { benchAuthorize } from './bench/authorize.js';
import { benchDecrypt } from './bench/decrypt.js';
import type { BenchResult } from './bench/result.js';
import { chosenScenarios } from './bench/scenario.js';
import { benchSession } from './bench/session.js';
import { benchSoak } from './bench/soak.js';
import type { Telling } from './bench/step.js';

interface Options {
  readonly minutes: number;
  readonly secrets: number;
  readonly only?: string | undefined;
  readonly profile?: string | undefined;
}

interface Benchmark {
  readonly about: string;
  /** Its `signal` ends it early, with everything cleared away. Throws `RangeError` where the options are not right. */
  readonly run: (telling: Telling, options: Options) => Promise<BenchResult>;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  authorize: { about: 'microseconds of a decision, cached and cold, and its share of a decrypt', run: benchAuthorize },
  decrypt: {
    about: 'audited decrypts per second, against a bare NATS echo of the same sizes',
    run: async (telling, { profile, ...choice }) => benchDecrypt(telling, { ...chosenScenarios(choice), profile }),
  },
  session: { about: 'microseconds of a session’s crypto, against the bare primitive of each step', run: benchSession },
  soak: { about: 'minutes of decrypts in the whole system: throughput, memory, lag, and every count', run: benchSoak },
};

const usage = `npm run bench -- <name> [options]

${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

  --json             one JSON object on stdout, and nothing else there
  --only <part>      of decrypt: the scenarios that have this in their names, such as "whole", "half", "batch" or "zipf"
  --secrets <n>      of decrypt: how many secrets the scenario has that draws them by Zipf's law; 100000 by default
  --profile <file>   of decrypt: a round of the vault's work as .cpuprofile, for Chrome's DevTools or speedscope
  --minutes <n>      of soak: for how long; 10 by default`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    profile: { type: 'string' },
    secrets: { type: 'string', default: '100000' },
    help: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const benchmark = name === undefined ? undefined : BENCHMARKS[name];
const interrupted = new AbortController();

if (values.help || name === undefined) process.stdout.write(`${usage}\n`);
else if (benchmark === undefined) refuse(`there is no benchmark "${name}"\n\n${usage}`);
else await run(benchmark);

async function run({ run: measure }: Benchmark): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  const telling: Telling = { say: (line) => void process.stderr.write(`${line}\n`), signal: interrupted.signal };
  try {
    const result = await measure(telling, {
      minutes: positive('minutes', Number(values.minutes)),
      secrets: positive('secrets', Math.floor(Number(values.secrets))),
      only: values.only,
      profile: values.profile,
    });
    process.stdout.write(`${JSON.stringify(result, null, values.json ? undefined : 2)}\n`);
    if (!result.addsUp) process.exitCode = 1;
  } catch (error) {
    if (error instanceof RangeError) return refuse(error.message);
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('stopped\n');
    process.exitCode = 1;
  }
}

function positive(option: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`--${option} is a number above 0`);
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}
