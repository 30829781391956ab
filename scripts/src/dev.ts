/** `npm run dev`: runs a whole Keytrail, and starts anew whatever is made of sources that were edited. */
import { watchSources } from './dev/watch-sources.js';
import { serviceNames } from './local-services.js';
import { options, runLocal, say } from './run-local.js';
import { repository } from './state-folder.js';
import type { ServiceName, System } from './system.js';

/** The services whose processes run anything of these folders. */
function servicesOf(changed: readonly string[]): readonly ServiceName[] {
  if (changed.some((room) => room.startsWith('libs/'))) return serviceNames;
  return serviceNames.filter((name) => changed.includes(`apps/${name}`));
}

async function restart(system: System, names: readonly ServiceName[]): Promise<void> {
  await Promise.all(names.map((name) => system.restart(name)));
}

await runLocal({
  usage: `npm run dev [-- --fresh] [-- --port <n>]

npm start that compiles what is edited and starts the services anew that are made of it. State stays in .keytrail/.

${options}`,
  whileRunning: async (system, signal) => {
    say('watching the sources: edit one, and the services made of it are started anew');
    let restarting = Promise.resolve();
    for await (const changed of watchSources(repository, {
      signal,
      onMistakes: (said) => say(`it does not compile:\n${said}`),
    })) {
      const names = servicesOf(changed);
      if (names.length === 0) continue;
      // Not awaited here: a service that does not come up needs the next edit, which has to be compiled meanwhile.
      restarting = restarting
        .then(() => restart(system, names))
        .then(() => {
          if (!signal.aborted) say(`runs what was edited: ${names.join(', ')}`);
        })
        .catch((error: unknown) => say(`could not start anew: ${String(error)}`));
    }
  },
});
