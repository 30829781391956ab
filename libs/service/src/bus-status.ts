/** What becomes of a connection to NATS, in the log. */
import type { BusStatus } from '@keytrail/nats';
import type { Log } from './log.js';

/** For `onStatus` of a connection; `connection` tells it from the others of the process. */
export function logBusStatus(log: Log, connection: string): (status: BusStatus) => void {
  return (status) => {
    if (status.type === 'error') log.error({ err: status.error, connection }, 'NATS reports an error');
    else log.warn({ connection, status: status.type }, 'the connection to NATS has changed');
  };
}
