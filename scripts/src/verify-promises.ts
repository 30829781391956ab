/** `npm run verify:promises`: puts the promises to the test, one line each; exits 1 when any is broken. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { randomBytes } from '@keytrail/crypto';
import { temporaryFolder } from '@keytrail/testing';
import { kills } from './promises/1-3-kills.js';
import { whoAsks } from './promises/11-who-asks.js';
import { sealedBothWays } from './promises/12-sealed.js';
import { nothingInClear } from './promises/15-nothing-in-clear.js';
import { withdrawals } from './promises/16-withdrawals.js';
import { failClosed } from './promises/2-fail-closed.js';
import { leastPrivilege } from './promises/20-least-privilege.js';
import { denials } from './promises/4-denials.js';
import { repeats } from './promises/5-repeats.js';
import { oneOrder } from './promises/6-one-order.js';
import { rebuiltBus } from './promises/7-rebuilt-bus.js';
import type { Proof } from './promises/proof.js';
import { lineOf, sentenceOf, type Line } from './promises/line.js';
import { seeded } from './promises/seeded.js';
import { startTriedSystem, type TriedSystem } from './promises/tried-system.js';

/** The gentle ones first: what is killed and starved later has nothing left to say about them. */
const PROOFS: readonly Proof[] = [
  oneOrder,
  rebuiltBus,
  whoAsks,
  sealedBothWays,
  nothingInClear,
  leastPrivilege,
  denials,
  repeats,
  withdrawals,
  failClosed,
  kills,
];
const DEFAULT_SCALE = 0.1;

const listed = PROOFS.flatMap(({ claims }) => claims).toSorted((a, b) => a.promise - b.promise);
const usage = `npm run verify:promises [-- --json] [--scale <x>] [--seed <s>] [--only <n,n>]

Starts a Keytrail of its own on throw-away data, strains it, and judges what came of it:

${listed.map(({ promise, name, fullScale }) => `  ${String(promise).padStart(2)}  ${name} (${fullScale})`).join('\n')}

  --json        one JSON object a line on stdout; the story goes to stderr
  --scale <x>   1 is the full scale, named in parentheses above; ${DEFAULT_SCALE} by default
  --seed <s>    repeats what chance decided in an earlier run: 1 to 32 of A-Z, a-z, 0-9, _ and -
  --only <n,n>  these promises and no others
  --help        this text`;

interface Wanted {
  readonly scale: number;
  readonly seed: string;
  readonly promises: ReadonlySet<number>;
}

/** What is wanted, or what is wrong with the options. */
function wantedOf({ scale, seed, only }: { scale?: string; seed?: string; only?: string }): Wanted | string {
  const factor = Number(scale ?? DEFAULT_SCALE);
  if (!(factor > 0 && factor <= 1_000)) return `--scale takes a number above 0, not "${scale}"`;
  const chosen = seed ?? Buffer.from(randomBytes(6)).toString('hex');
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(chosen)) return '--seed takes 1 to 32 of A-Z, a-z, 0-9, _ and -';
  const known = listed.map(({ promise }) => promise);
  const promises = only === undefined ? known : only.split(',').map(Number);
  if (!promises.every((promise) => known.includes(promise))) return `--only takes some of ${known.join(',')}`;
  return { scale: factor, seed: chosen, promises: new Set(promises) };
}

interface Telling {
  readonly say: (line: string) => void;
  readonly print: (line: Line) => void;
  readonly signal: AbortSignal;
}

/** Prints a line for each promise that is wanted; true where none is broken. */
async function verify({ scale, seed, promises }: Wanted, { say, print, signal }: Telling): Promise<boolean> {
  const temporary = await temporaryFolder();
  const folder = (name: string) => path.join(temporary.path, name);
  const shared = sharedSystem(() => startTriedSystem(folder('system'), { onNotice: say, signal }));
  const lines: Line[] = [];
  try {
    for (const { claims, prove } of PROOFS) {
      const wanted = claims.filter(({ promise }) => promises.has(promise));
      if (wanted.length === 0) continue;
      say(wanted.map(({ promise, name }) => `promise ${promise}: ${name}`).join(', '));
      const { fullScale, promise: first } = claims[0] as (typeof claims)[number];
      const scene = { tries: Math.ceil(fullScale * scale), random: seeded(`${seed}/${first}`), folder, say, signal };
      const since = performance.now();
      const outcome = await prove({ ...scene, system: shared.system }).then(
        (found) => ({ found }),
        (brokenOff: unknown) => ({ brokenOff }),
      );
      signal.throwIfAborted();
      const seconds = (performance.now() - since) / 1_000;
      const told = wanted.map((claim) => lineOf({ claim, outcome, seed, scale, seconds }));
      told.forEach(print);
      lines.push(...told);
    }
  } finally {
    await shared.stop();
    await temporary.remove();
  }
  return lines.every(({ violations }) => violations === 0);
}

/** A system that is started when it is first asked for. */
function sharedSystem(start: () => Promise<TriedSystem>) {
  let starting: Promise<TriedSystem> | null = null;
  return {
    system: () => (starting ??= start()),
    stop: async () => {
      const started = await starting?.catch(() => null);
      await started?.stop();
    },
  };
}

async function run(): Promise<void> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({ options: { json: flag, help: flag, scale: text, seed: text, only: text } });
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const wanted = wantedOf(values);
  if (typeof wanted === 'string') {
    process.stderr.write(`${wanted}\n\n${usage}\n`);
    process.exitCode = 2;
    return;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  const kept = await verify(wanted, {
    say: (line) => void process.stderr.write(`${line}\n`),
    print: (line) => void process.stdout.write(`${values.json ? JSON.stringify(line) : sentenceOf(line)}\n`),
    signal: interrupted.signal,
  }).catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    process.stderr.write('stopped\n');
    return false;
  });
  if (!kept) process.exitCode = 1;
}

await run();
