/** The audit as a process. */
import 'reflect-metadata';
import { parseEnvironment, runService } from '@keytrail/service';
import { Environment } from './environment.js';
import { startAudit } from './audit.js';

runService({ name: 'audit', start: async (log) => startAudit(parseEnvironment(Environment, process.env), log) });
