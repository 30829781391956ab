/** Asks the bus for what its streams and durables are asked for, with every key there is to it. */
import { type Service, SERVICES } from '@keytrail/contracts';
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import type { Identity } from '@keytrail/nats';
import type { Attacker } from '@keytrail/nats/drill';
import { gatewayApi } from '../gateway-api.js';
import { localKeys } from '../local-keys.js';
import { stateFolder } from '../state-folder.js';
import { askPatiently } from './20-asking.js';
import type { AskedCell } from './20-least-privilege.judge.js';
import { type BusAsker, type BusQuestion, busQuestionsIn, EARS } from './20-streams.js';
import { enroll, enter } from './presence.js';
import { freshReply } from './session-by-hand.js';
import type { TriedSystem } from './tried-system.js';

/** `say` answers what came of a message: `forbidden`, `answered`, or what is neither. */
interface Present extends BusAsker {
  readonly attacker: Attacker;
  readonly say: (message: BusQuestion['message']) => Promise<string>;
}

const PATIENCE_MS = 1_000;

export interface BusAnswers {
  readonly planned: number;
  readonly asked: readonly AskedCell[];
}

/** Asks all of everybody. */
export async function tryBus(system: TriedSystem, document: string): Promise<BusAnswers> {
  const present: Present[] = [];
  try {
    present.push(...(await amongEvents(system)), ...(await amongRequests(system)), ...(await readers(system)));
    const principals = present.flatMap(({ reader }) => reader ?? []);
    const questions = busQuestionsIn(document, principals);
    const asked = await Promise.all(present.map((asker) => askOne(asker, questions)));
    return { planned: present.length * (questions.length + EARS.length), asked: asked.flat() };
  } finally {
    await Promise.all(present.map(({ attacker }) => attacker.close()));
  }
}

async function askOne(asker: Present, questions: readonly BusQuestion[]): Promise<readonly AskedCell[]> {
  const of = { part: 'bus', who: asker.name } as const;
  const asked: AskedCell[] = [];
  for (const { what, message, allowed } of questions)
    asked.push(await askPatiently({ ...of, what, allowed: allowed(asker) }, () => asker.say(message)));
  for (const subject of EARS) {
    const hears = await asker.attacker.listen(subject, () => {});
    asked.push({ ...of, what: `listen to ${subject}`, allowed: false, said: hears ? 'answered' : 'forbidden' });
  }
  return asked;
}

/** On an inbox of its own. */
const sayingFrom = (attacker: Attacker, inbox: () => string): Present['say'] => {
  return async (message) => {
    const echo = await attacker.ask({ ...message, reply: inbox() }, PATIENCE_MS);
    return typeof echo === 'string' ? echo : 'answered';
  };
};

async function amongEvents(system: TriedSystem): Promise<readonly Present[]> {
  const { identities } = localKeys(stateFolder(system.dir));
  return Promise.all(
    SERVICES.map(async (service: Service) => {
      const { seed, publicKey } = identities[service].events;
      const attacker = await enter(system, { seed });
      const say = sayingFrom(attacker, () => `_INBOX.${publicKey}.${mintConn()}`);
      return { name: `${service}, among events`, service, attacker, say };
    }),
  );
}

async function amongRequests(system: TriedSystem): Promise<readonly Present[]> {
  const { vault, gateway, ...others } = localKeys(stateFolder(system.dir)).identities;
  const asking = async (name: string, { seed, principal }: Identity): Promise<Present> => {
    const attacker = await enter(system, { seed });
    return { name, attacker, say: sayingFrom(attacker, () => freshReply({ principal, conn: mintConn() })) };
  };
  const { principal, token } = await enroll(gatewayApi(system), { displayName: 'a caller', ...ANALYST });
  const conn = mintConn();
  const caller = await enter(system, { user: conn, pass: connectSecretOf(token) as string });
  return [
    await theVault(system, vault.rpc),
    await asking('gateway', gateway.rpc),
    ...(await Promise.all(
      (['rotation', 'audit', 'anomaly'] as const).map((name) => asking(`${name}, among requests`, others[name].rpc)),
    )),
    { name: 'a caller', attacker: caller, say: sayingFrom(caller, () => freshReply({ principal, conn })) },
  ];
}

/** It asks nobody and has no inbox: whether the bus has taken a message of it, somebody else hears. */
async function theVault(system: TriedSystem, { seed }: Identity): Promise<Present> {
  const [attacker, spy] = [await enter(system, { seed }), await enter(system, { seed: system.intruders().rpc.seed })];
  const heard = new Set<string>();
  await spy.listen('>', ({ subject }) => heard.add(subject));
  const isTaken = async (message: BusQuestion['message']): Promise<boolean> => {
    heard.delete(message.subject);
    attacker.send(message);
    await attacker.flush();
    await spy.flush();
    return heard.has(message.subject);
  };
  const say = async (message: BusQuestion['message']): Promise<string> => {
    if (!(await isTaken({ ...message, subject: `_R.${mintConn()}.drill` }))) return 'the spy is deaf';
    return (await isTaken(message)) ? 'answered' : 'forbidden';
  };
  const close = async () => {
    await attacker.close();
    await spy.close();
  };
  return { name: 'vault, among requests', attacker: { ...attacker, close }, say };
}

const ANALYST = { role: 'security_analyst', workspace: '_system' } as const;

async function readers(system: TriedSystem): Promise<readonly Present[]> {
  const reading = async (name: string): Promise<Present> => {
    const { principal, token } = await enroll(gatewayApi(system), { displayName: name, ...ANALYST });
    const conn = mintConn();
    const attacker = await enter(system, { user: `events:${conn}`, pass: connectSecretOf(token) as string });
    return { name, reader: principal, attacker, say: sayingFrom(attacker, () => `_INBOX.${conn}.${mintConn()}`) };
  };
  return [await reading('a reader'), await reading('another reader')];
}
