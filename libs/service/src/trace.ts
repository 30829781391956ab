/** The trace that a request belongs to (W3C Trace Context, level 1). */
import { Traceparent } from '@keytrail/contracts';
import { randomBytes } from '@keytrail/crypto';

/** The caller's `traceparent` where it is valid, else a new trace. */
export function traceparentOf(header: string | undefined): string {
  const given = Traceparent.safeParse(header);
  // It is handed on as it is only where nothing records spans, so a new trace is not sampled.
  return given.success ? given.data : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
