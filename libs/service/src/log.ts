/** Logs as JSON lines on stdout: every line of every service is written through what `createLog` makes. */
import type { LoggerService } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { redact } from './redaction.js';

/** Pass errors as `{ err }`; never pass a request, a reply or a value. */
export type Log = pino.Logger;

/** The log of a service. Lines are written before the call returns, so none is lost at `process.exit`. */
export function createLog(service: string, destination: pino.DestinationStream = stdout()): Log {
  return pino(
    {
      base: { service },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: (error: unknown) => describeError(error) },
      // The finished line: whatever it was made of, and whoever wrote it.
      hooks: { streamWrite: redact },
      mixin: activeSpan,
    },
    destination,
  );
}

const stdout = (): pino.DestinationStream => pino.destination({ dest: 1, sync: true });

/** Which trace a line belongs to, where it is written in one. */
function activeSpan(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId };
}

/** Whether `value` is an error: of this realm, of another, or of a library that builds errors by hand. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** What of an error may stand in a log. */
interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: readonly string[];
  readonly cause?: ErrorDescription;
}

/** A chain of causes may be a circle. */
const CAUSES_AT_MOST = 8;

/** Other people's errors carry rows, parameters and bodies in further properties: those stay out. */
function describeError(error: unknown, causes = CAUSES_AT_MOST): ErrorDescription {
  if (!isError(error)) return { name: typeof error, message: 'something that is no error was thrown' };
  const { name, message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  const frames = stack?.split('\n').filter((line) => line.startsWith('    at '));
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(frames === undefined ? {} : { stack: frames.map((frame) => frame.trim()) }),
    ...(cause === undefined || causes === 0 ? {} : { cause: describeError(cause, causes - 1) }),
  };
}

/** Nest's own words in our log; its running commentary at boot counts as debug. */
export function nestLogger(log: Log): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = rest.at(-1);
      if (isError(message)) log[level]({ context, err: message }, message.message);
      else log[level]({ context }, typeof message === 'string' ? message : 'Nest logged something that is no text');
    };
  return {
    log: at('debug'),
    verbose: at('debug'),
    debug: at('debug'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
}
