/** The vault as a process. */
import { parseEnvironment, runService } from '@keytrail/service';
import { startVault } from './start-vault.js';
import { VaultEnvironment } from './vault.environment.js';

runService({ name: 'vault', start: (log) => startVault(parseEnvironment(VaultEnvironment, process.env), log) });
