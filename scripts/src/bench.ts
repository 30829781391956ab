/** `npm run bench -- <name>`: measures a path against the limit that it cannot beat, in the same run. */
import { parseArgs } from 'node:util';
import { benchAuthorize } from './bench/authorize.js';
import { benchDecrypt } from './bench/decrypt.js';
import type { BenchResult } from './bench/result.js';
import type { Telling } from './bench/step.js';
import { benchSession } from './bench/session.js';

interface Benchmark {
  readonly about: string;
  /** Its `signal` ends it early, with everything cleared away. */
  readonly run: (telling: Telling, options: { readonly profile?: string | undefined }) => Promise<BenchResult>;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  authorize: { about: 'microseconds of a decision, cached and cold, and its share of a decrypt', run: benchAuthorize },
  decrypt: { about: 'audited decrypts per second, against a bare NATS echo of the same sizes', run: benchDecrypt },
  session: { about: 'microseconds of a session’s crypto, against the bare primitive of each step', run: benchSession },
};

const usage = `npm run bench -- <name> [--json] [--profile <file>]

${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

  --json             one JSON object on stdout, and nothing else there
  --profile <file>   of decrypt: a round of the vault's work as .cpuprofile, for Chrome's DevTools or speedscope`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const benchmark = name === undefined ? undefined : BENCHMARKS[name];

if (values.help || name === undefined) process.stdout.write(`${usage}\n`);
else if (benchmark === undefined) {
  process.stderr.write(`there is no benchmark "${name}"\n\n${usage}\n`);
  process.exitCode = 2;
} else {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  try {
    const result = await benchmark.run(
      { say: (line) => void process.stderr.write(`${line}\n`), signal: interrupted.signal },
      { profile: values.profile },
    );
    process.stdout.write(`${JSON.stringify(result, null, values.json ? undefined : 2)}\n`);
    if (!result.addsUp) process.exitCode = 1;
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('stopped\n');
    process.exitCode = 1;
  }
}
