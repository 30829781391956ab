/** The rotation-scheduler as a process. */
import { PeerEnvironment, parseEnvironment, runService } from '@keytrail/service';
import { startRotation } from './start-rotation.js';

runService({
  name: 'rotation-scheduler',
  start: (log) => startRotation(parseEnvironment(PeerEnvironment, process.env), log),
});
