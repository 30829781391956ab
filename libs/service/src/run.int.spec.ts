/** A service as a real process: what its parent, its operator and its supervisor see. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { freePort, startOtlpReceiver } from '@keytrail/testing';

/** Lets Node run the sources: `./x.js` is `./x.ts`. */
const sources = `import { registerHooks } from 'node:module';
registerHooks({ resolve: (name, context, next) =>
  name.startsWith('.') && context.parentURL.endsWith('.ts') ? next(name.replace(/js$/, 'ts'), context) : next(name, context) });`;

interface Program {
  readonly child: ChildProcess;
  /** All that it writes on stdout, once it has ended. */
  readonly output: Promise<string>;
  readonly exitCode: Promise<number | null>;
}

/** Runs `start` as the body of a service's start function. */
function run(start: string, environment: NodeJS.ProcessEnv = {}): Program {
  const source = `setInterval(() => {}, 1000);
    runService({ name: 'sample', start: async (log) => { ${start} } });`;
  return launch(source, environment);
}

/** Runs source text that may use what the tested file exports. */
function launch(source: string, environment: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@keytrail/source',
      `--import=data:text/javascript,${encodeURIComponent(sources)}`,
      '--input-type=module',
      '--eval',
      `import { runOnce, runService } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)};
       ${source}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], env: { ...process.env, ...environment } },
  );
  return {
    child,
    output: text(child.stdout!),
    exitCode: once(child, 'exit').then(([code]) => code as number | null),
  };
}

const messagesOf = async ({ output }: Program): Promise<unknown[]> =>
  (await output)
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { message: unknown }).message);

describe('a service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('tells its parent when it is ready, and drains on %s', async (signal) => {
    const program = run(`return { close: async () => { log.info('drained') } };`);
    expect(await once(program.child, 'message')).toContain('ready');
    program.child.kill(signal);
    expect(await program.exitCode).toBe(0);
    expect(await messagesOf(program)).toEqual([
      'sample is ready',
      `sample stops on ${signal}`,
      'drained',
      'sample has stopped',
    ]);
  });

  it('drains when its parent is gone', async () => {
    const program = run(`return { close: async () => {} };`);
    await once(program.child, 'message');
    program.child.disconnect();
    expect(await program.exitCode).toBe(0);
  });

  it('ends with one clear line when it cannot start', async () => {
    const program = run(`throw new Error('KEYTRAIL_NATS_URL is missing');`);
    expect(await program.exitCode).toBe(1);
    expect(await messagesOf(program)).toEqual(['sample could not start: KEYTRAIL_NATS_URL is missing']);
  });

  it('drains what has come up when it is stopped while it starts', async () => {
    const program = run(
      `process.send('starting'); await new Promise((up) => process.on('SIGTERM', up)); return { close: async () => {} };`,
    );
    expect(await once(program.child, 'message')).toContain('starting');
    program.child.kill('SIGTERM');
    expect(await program.exitCode).toBe(0);
    expect(await messagesOf(program)).toContain('sample has stopped');
  });

  it.each([
    ['an uncaught exception', `setImmediate(() => { throw new Error('a bug'); });`],
    ['an unhandled rejection', `void Promise.reject(new Error('a bug'));`],
  ])('ends on %s, and says so', async (what, bug) => {
    const program = run(`${bug} return new Promise(() => {});`);
    expect(await program.exitCode).toBe(1);
    expect(await messagesOf(program)).toEqual([`sample ends on ${what}: a bug`]);
  });

  it('exits 1 when it cannot close', async () => {
    const program = run(`return { close: async () => { throw new Error('stuck') } };`);
    await once(program.child, 'message');
    program.child.kill('SIGTERM');
    expect(await program.exitCode).toBe(1);
    expect(await messagesOf(program)).toContain('sample could not stop: stuck');
  });

  it('exits 1 when closing takes for ever', async () => {
    const program = run(`return { close: () => new Promise(() => {}) };`);
    await once(program.child, 'message');
    program.child.kill('SIGTERM');
    expect(await program.exitCode).toBe(1);
    expect(await messagesOf(program)).toContain('sample could not stop: not drained after 10000 ms');
  }, 30_000);
});

describe('a service that traces', () => {
  /** Its last span ends while it drains. */
  const span = `const { trace } = await import('@opentelemetry/api');
    return { close: async () => trace.getTracer('sample').startSpan('the last').end() };`;

  async function stopTraced(url: string): Promise<string> {
    const program = run(span, { KEYTRAIL_OTLP_URL: url });
    await once(program.child, 'message');
    program.child.kill('SIGTERM');
    expect(await program.exitCode).toBe(0);
    expect(await messagesOf(program)).toContain('sample has stopped');
    return program.output;
  }

  it('has its last span sent before it exits', async () => {
    const receiver = await startOtlpReceiver();
    const output = await stopTraced(receiver.url).finally(() => void receiver.stop());
    expect(output).not.toContain('warn');
    expect(receiver.spans).toMatchObject([{ service: 'sample', name: 'the last' }]);
  });

  it('exits within its bound where nobody listens, and says that spans may be lost', async () => {
    const output = await stopTraced(`http://127.0.0.1:${await freePort()}`);
    expect(output).toContain('the last spans may be lost');
    expect(output).toContain('not done after 2000 ms');
  });

  it('exits within its bound where the collector never answers', async () => {
    const mute = net.createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as net.AddressInfo;
    const output = await stopTraced(`http://127.0.0.1:${port}`).finally(() => mute.close());
    expect(output).toContain('not done after 2000 ms');
  });

  it('does not start where it is told nonsense, and says what is wrong', async () => {
    const program = run(span, { KEYTRAIL_OTLP_URL: 'collector', KEYTRAIL_OTLP_SAMPLE_RATIO: '2' });
    expect(await program.exitCode).toBe(1);
    expect(await messagesOf(program)).toEqual([
      expect.stringMatching(/could not start: KEYTRAIL_OTLP_URL is not .*; KEYTRAIL_OTLP_SAMPLE_RATIO is not a ratio/),
    ]);
  });
});

describe('a program that ends by itself', () => {
  it('exits 0 once it is done', async () => {
    const done = launch(`await runOnce('sample', async (log) => { log.info('done') });`);
    expect(await messagesOf(done)).toEqual(['done']);
    expect(await done.exitCode).toBe(0);
  });

  it('says in one line why it failed, and exits 1', async () => {
    const failed = launch(`await runOnce('sample', async () => { throw new Error('no room') });`);
    expect(await messagesOf(failed)).toEqual(['sample failed: no room']);
    expect(await failed.exitCode).toBe(1);
  });
});
