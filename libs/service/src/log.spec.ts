/** What a log line says, and what it must not. */
import { describe, expect, it } from '@jest/globals';
import { canarySecret } from '@keytrail/testing';
import { createLog, nestLogger } from './log.js';

function linesOf(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  write(createLog('vault', { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a log line', () => {
  it('names level, time, service and message', () => {
    expect(linesOf((log) => log.info('hello'))).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), service: 'vault', message: 'hello' },
    ]);
  });

  it('tells an error by name, code, message, frames and cause, and leaves its payload out', () => {
    const cause = Object.assign(new TypeError('inner'), { parameters: ['canary'] });
    const error = Object.assign(new Error('outer', { cause }), { code: '23505', detail: 'canary', rows: ['canary'] });
    const [line] = linesOf((log) => log.error({ err: error }, 'failed'));
    expect(line?.['err']).toMatchObject({
      name: 'Error',
      code: '23505',
      message: 'outer',
      stack: expect.arrayContaining([expect.stringContaining('log.spec.ts')]),
      cause: { name: 'TypeError', message: 'inner' },
    });
    expect(JSON.stringify(line)).not.toContain('canary');
  });

  it('tells an error that is its own cause', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(linesOf((log) => log.error({ err: circle }, 'failed'))).toMatchObject([
      { err: { message: 'round', cause: { message: 'round' } } },
    ]);
  });

  it('does not print what is thrown but no error', () => {
    expect(JSON.stringify(linesOf((log) => log.error({ err: { value: 'canary' } }, 'failed')))).not.toContain('canary');
  });

  it('carries the words of Nest, but no object that Nest was given', () => {
    const lines = linesOf((log) => {
      const nest = nestLogger(log);
      nest.warn('careful', 'Router');
      nest.error({ body: 'canary' }, 'Router');
      nest.error(new Error('broken'), 'Router');
    });
    expect(lines).toMatchObject([
      { level: 'warn', context: 'Router', message: 'careful' },
      { level: 'error', context: 'Router' },
      { level: 'error', context: 'Router', message: 'broken', err: { message: 'broken' } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  it('has every key cut down, wherever in the line it stands, and stays JSON', () => {
    const key = canarySecret('openai', 'log line');
    const lines = linesOf((log) => {
      log.info({ [key]: key, deep: { list: [`a ${key}`] } }, `found ${key}`);
      log.child({ bound: key }).error({ err: new Error(`refused ${key}`, { cause: new Error(key) }) }, 'failed');
      nestLogger(log).error(new Error(key), key);
    });
    expect(lines).toMatchObject([
      { message: 'found sk-proj-...[REDACTED]', deep: { list: ['a sk-proj-...[REDACTED]'] } },
      { bound: 'sk-proj-...[REDACTED]', err: { cause: { message: 'sk-proj-...[REDACTED]' } } },
      { message: 'sk-proj-...[REDACTED]' },
    ]);
    expect(JSON.stringify(lines)).not.toContain(key.slice(8));
  });
});
