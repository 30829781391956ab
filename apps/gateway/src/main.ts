/** The gateway as a process. */
import 'reflect-metadata';
import { parseEnvironment, runService } from '@keytrail/service';
import { Environment } from './environment.js';
import { startGateway } from './gateway.js';

runService({
  name: 'gateway',
  start: async (log) => startGateway(parseEnvironment(Environment, process.env), log),
});
