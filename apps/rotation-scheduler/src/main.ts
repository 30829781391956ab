/** The rotation-scheduler as a process. */
import { BackendEnvironment, parseEnvironment, runService } from '@keytrail/service';
import { startRotation } from './start-rotation.js';

runService({
  name: 'rotation-scheduler',
  start: (log) => startRotation(parseEnvironment(BackendEnvironment, process.env), log),
});
