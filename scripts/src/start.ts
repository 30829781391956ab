/** `npm start`: runs a whole Keytrail on this machine until Ctrl-C. */
import { options, runLocal } from './run-local.js';

await runLocal({
  usage: `npm start [-- --fresh] [-- --port <n>]

Runs a whole Keytrail on this machine: PostgreSQL, nats-server and all services. State stays in .keytrail/.

${options}`,
});
