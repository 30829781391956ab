/** The anomaly-detector as a process. */
import { PeerEnvironment, parseEnvironment, runService } from '@keytrail/service';
import { startAnomaly } from './start-anomaly.js';

runService({
  name: 'anomaly-detector',
  start: (log) => startAnomaly(parseEnvironment(PeerEnvironment, process.env), log),
});
