/** The anomaly-detector as a process. */
import { BackendEnvironment, parseEnvironment, runService } from '@keytrail/service';
import { startAnomaly } from './start-anomaly.js';

runService({
  name: 'anomaly-detector',
  start: (log) => startAnomaly(parseEnvironment(BackendEnvironment, process.env), log),
});
