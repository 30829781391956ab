/** Somebody on the bus without our habits is heard, held back and let in by the very server that everybody uses. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type NatsServer, startNats, temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { knock, withIntruders } from './drill-attacker.js';
import type { Attacker } from './drill-attacker.js';
import type { RawMessage } from './drill-message.js';
import { mintIdentity, systemIdentities } from './identity.js';
import { serverConfiguration } from './server-configuration.js';

const identities = systemIdentities();
const intruders = { rpc: mintIdentity('intruder'), events: mintIdentity('intruder') };

/** Without the callout: nobody is there to answer it. */
function configuration(at: { readonly port: number; readonly storeDir: string }): string {
  const real = serverConfiguration({ ...at, serverName: 'spec', identities });
  const { authorization: _, ...rest } = JSON.parse(withIntruders(real, intruders));
  return JSON.stringify(rest);
}

let folder: TemporaryFolder;
let server: NatsServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startNats({ dir: folder.path, configuration });
}, 60_000);
afterAll(async () => {
  await server?.stop();
  await folder?.remove();
});

async function entering(seed: string, work: (attacker: Attacker) => Promise<void>): Promise<void> {
  const attacker = await knock({ url: server.url, seed });
  if (attacker === null) throw new Error('nobody was let in');
  try {
    await work(attacker);
  } finally {
    await attacker.close();
  }
}

const message: RawMessage = {
  subject: 'rpc.vault.a.b.c.d.e',
  reply: '_R.a.b.c',
  headers: { 'kt-session': 's' },
  body: Buffer.from('body'),
};

it('an nkey that nobody knows is not let in', async () => {
  expect(await knock({ url: server.url, seed: mintIdentity('nobody').seed })).toBeNull();
});

describe('an intruder', () => {
  it('hears every request and answers it', async () => {
    await entering(intruders.rpc.seed, async (attacker) => {
      const heard: RawMessage[] = [];
      expect(await attacker.listen('rpc.>', (each) => heard.push(each))).toBe(true);
      await attacker.listen(
        'rpc.vault.>',
        ({ reply }) => attacker.send({ subject: reply, headers: { 'kt-x': 'y' } }),
        'q',
      );
      expect(await attacker.ask(message, 5_000)).toMatchObject({ subject: message.reply, headers: { 'kt-x': 'y' } });
      expect(heard).toMatchObject([{ ...message, body: Buffer.from('body') }]);
    });
  });

  it('reaches JetStream from where events are, and from nowhere else', async () => {
    const asking = { ...message, subject: '$JS.API.INFO', headers: {}, body: Buffer.alloc(0) };
    await entering(intruders.events.seed, async (attacker) => {
      expect(await attacker.ask(asking, 5_000)).toMatchObject({ subject: message.reply });
    });
    await entering(intruders.rpc.seed, async (attacker) => {
      expect(JSON.stringify(await attacker.ask(asking, 5_000))).not.toContain('"memory"');
    });
  });
});

it('whoever may not send or hear something is told so', async () => {
  await entering(identities.audit.rpc.seed, async (attacker) => {
    const own = `_R.${identities.audit.rpc.principal}.conn.x`;
    expect(await attacker.ask({ ...message, reply: own }, 5_000)).toBe('forbidden');
    expect(await attacker.listen('rpc.>', () => {})).toBe(false);
    expect(await attacker.listen(`_R.${identities.audit.rpc.principal}.conn.>`, () => {})).toBe(true);
  });
});

it('a message that nobody hears is answered with that, or with silence', async () => {
  await entering(intruders.rpc.seed, async (attacker) => {
    expect(await attacker.ask(message, 5_000)).toBe('nobody');
    await attacker.listen('rpc.>', () => {});
    expect(await attacker.ask(message, 50)).toBe('silence');
  });
});
