/** What a reader has parked, in the log. */
import type { Service } from '@keytrail/contracts';
import type { Parking } from '@keytrail/postgres';
import type { Log } from './log.js';

/** For `onParked` of a projection: of `reader`, following `service`. */
export function logParked(log: Log, reader: Service, service: Service): (parking: Parking) => void {
  return ({ event: { ordinal }, error, attempts }) => {
    // Of those that only wait behind another there may be thousands a second: a metric counts them.
    const level = attempts === 0 ? 'debug' : 'error';
    log[level]({ err: error, reader, service, ordinal, attempts }, 'an event is parked');
  };
}
