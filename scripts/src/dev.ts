/** `npm run dev`: runs a whole Keytrail, and starts anew whatever is made of sources that were edited. */
import { watchSources } from './dev/watch-sources.js';
import { serviceNames } from './local-services.js';
import { options, runLocal, say } from './run-local.js';
import { repository } from './state-folder.js';

await runLocal({
  usage: `npm run dev [-- --fresh] [-- --port <n>]

npm start that compiles what is edited and starts the services anew that are made of it. State stays in .keytrail/.

${options}`,
  whileRunning: async (system, signal) => {
    say('watching the sources: edit one, and the services made of it are started anew');
    for await (const changed of watchSources(repository, {
      signal,
      onMistakes: (said) => say(`it does not compile:\n${said}`),
    })) {
      const names = changed.some((room) => room.startsWith('libs/'))
        ? serviceNames
        : serviceNames.filter((name) => changed.includes(`apps/${name}`));
      await Promise.all(names.map((name) => system.restart(name)));
      if (names.length > 0) say(`runs what was edited: ${names.join(', ')}`);
    }
  },
});
