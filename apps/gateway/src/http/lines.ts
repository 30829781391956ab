/** Answers of many lines, each a JSON text (NDJSON): written as they come, and no faster than they are read. */
import { Readable } from 'node:stream';
import type { RequestId } from '@keytrail/contracts';
import type { Log } from '@keytrail/service';
import { loggedRefusalOf } from './problem.filter.js';
import { problemOf, textOf } from './problem.js';

/** Of whom the lines are, and where a fault of ours is logged. */
export interface LinesOf {
  readonly requestId: RequestId;
  readonly log: Log;
}

/**
 * A stream of batches of lines, of which no more are asked for once its reader has gone. The status is sent by then:
 * what is thrown becomes the last line, `{ "problem": … }`.
 */
export function linesStream(batches: AsyncIterable<readonly object[]>, of: LinesOf): Readable {
  return Readable.from(written(batches, of));
}

async function* written(
  batches: AsyncIterable<readonly object[]>,
  { requestId, log }: LinesOf,
): AsyncGenerator<string> {
  try {
    for await (const lines of batches)
      if (lines.length > 0) yield lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  } catch (thrown) {
    yield `{"problem":${textOf(problemOf(loggedRefusalOf(thrown, requestId, log), requestId))}}\n`;
  }
}
