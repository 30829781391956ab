/** Forgeries of promise 12 on the way to the vault: changed, repeated, in another's name, by whoever owns the bus. */
import { RPC_HEADERS } from '@keytrail/contracts';
import { nkeyCredential } from '@keytrail/nats';
import type { RawMessage } from '@keytrail/nats/drill';
import { localKeys } from '../local-keys.js';
import { stateFolder } from '../state-folder.js';
import { WORKSPACE } from './12-cast.js';
import { ask, type Attempt, type Forgeries, type Forgery, type Said, saidOf, wish } from './12-forgery.js';
import { patiently } from './patiently.js';
import type { Seeded } from './seeded.js';
import {
  type Ask,
  freshReply,
  IMPATIENCE_MS,
  PATIENCE_MS,
  sendSetUp,
  type Sender,
  type SetUpByHand,
  setUpByHand,
  type Signed,
  subjectOf,
} from './session-by-hand.js';

const COPIES = 4;

type Change = (message: RawMessage, attempt: Attempt) => RawMessage;

/** A request is caught on its way, changed and sent on; then it comes as it was, and is served. */
const changing = (change: Change): Forgery => {
  return async (attempt) => {
    const { victim, cast, name } = attempt;
    const signed = victim.session.sign(wish(name));
    const message = change(signed.message, attempt);
    const echo = await cast.intruder.ask(message, IMPATIENCE_MS);
    const said = saidOf(echo, victim.session, { ...signed, message });
    return { forged: [said], honest: [await ask(attempt, name, signed)] };
  };
};

const ALPHABETS = ['0123456789', 'abcdef', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-'] as const;

/** Another character of the same kind, somewhere: so it stays of its grammar. */
function oneCharacterOff(text: string, random: Seeded): string {
  const at = random.below(text.length);
  const alphabet = ALPHABETS.find((each) => each.includes(text.charAt(at))) ?? ALPHABETS[2];
  const others = alphabet.replace(text.charAt(at), '');
  return `${text.slice(0, at)}${others.charAt(random.below(others.length))}${text.slice(at + 1)}`;
}

const inHeader = (name: string, content: (text: string, random: Seeded) => string): Forgery =>
  changing((message, { random }) => {
    return { ...message, headers: { ...message.headers, [name]: content(message.headers[name] ?? '', random) } };
  });

const without = (name: string): Forgery =>
  changing((message) => {
    const headers = Object.fromEntries(Object.entries(message.headers).filter(([header]) => header !== name));
    return { ...message, headers };
  });

const inBody = (content: (body: Buffer, random: Seeded) => Buffer): Forgery =>
  changing((message, { random }) => ({ ...message, body: content(Buffer.from(message.body), random) }));

/** The session's id and number, its MAC, and all that a request says of itself. */
const SIGNED_HEADERS = Object.values(RPC_HEADERS).filter((name) => name !== RPC_HEADERS.onBehalfOf);

const CHANGED: Forgeries = {
  ...Object.fromEntries(SIGNED_HEADERS.map((name) => [`changed: ${name}`, inHeader(name, oneCharacterOff)])),
  ...Object.fromEntries(SIGNED_HEADERS.map((name) => [`taken away: ${name}`, without(name)])),
  'added: kt-on-behalf-of': changing((message, { mallory }) => ({
    ...message,
    headers: { ...message.headers, [RPC_HEADERS.onBehalfOf]: mallory.principal },
  })),
  'changed: a bit of the body': inBody((body, random) => {
    const at = random.below(body.length);
    body[at] = (body[at] as number) ^ (1 << random.below(8));
    return body;
  }),
  'truncated: the last byte': inBody((body) => body.subarray(0, -1)),
  'truncated: half of the body': inBody((body) => body.subarray(0, body.length >> 1)),
  'truncated: the whole body': inBody(() => Buffer.alloc(0)),
  'lengthened: a space behind the body': inBody((body) => Buffer.concat([body, Buffer.from(' ')])),
  'changed: what is asked': changing((message) => ({
    ...message,
    subject: message.subject.replace('.secret.decrypt', '.secret.get'),
  })),
  'changed: the workspace': changing((message) => ({
    ...message,
    subject: message.subject.replace(`.${WORKSPACE}.`, '.elsewhere.'),
  })),
  'changed: where the reply goes': changing((message) => ({ ...message, reply: `${message.reply}x` })),
  'changed: to whom the reply goes': changing((message, { mallory }) => ({ ...message, reply: freshReply(mallory) })),
  'changed: from whom it comes, to whom the reply goes': changing((message, { mallory }) => ({
    ...message,
    subject: subjectOf(mallory, 'secret.decrypt', WORKSPACE),
    reply: freshReply(mallory),
  })),
};

/** Sends the same messages again and again, one after the other, so that each replica has its turn. */
async function replay({ cast, victim }: Attempt, signed: readonly Signed[]): Promise<readonly Said[]> {
  const told: Said[] = [];
  for (const each of Array.from({ length: COPIES }, () => signed).flat())
    told.push(saidOf(await cast.intruder.ask(each.message, PATIENCE_MS), victim.session, each));
  return told;
}

const REPLAYED: Forgeries = {
  'replayed: after it was served': async (attempt) => {
    const signed = attempt.victim.session.sign(wish(attempt.name));
    const honest = await ask(attempt, attempt.name, signed);
    return { forged: await replay(attempt, [signed]), honest: [honest] };
  },
  'replayed: at the same moment': async (attempt) => {
    const { cast, victim, name } = attempt;
    const signed = victim.session.sign(wish(name));
    const heard: RawMessage[] = [];
    await victim.attacker.listen(signed.message.reply, (echo) => heard.push(echo));
    for (let copy = 0; copy < COPIES; copy++) cast.intruder.send(signed.message);
    victim.attacker.send(signed.message);
    // Whichever is the first is served, and another one may be refused before that one is answered.
    const isServed = () => heard.some((echo) => saidOf(echo, victim.session, signed).accepted);
    await patiently('one of several copies is served', isServed);
    return { forged: await replay(attempt, [signed]), honest: [{ requestId: name, got: 'intact' }] };
  },
  'replayed: in another order': async (attempt) => {
    const names = ['a', 'b', 'c'].map((letter) => `${attempt.name}-${letter}`);
    const signed = names.map((requestId) => ({ requestId, request: attempt.victim.session.sign(wish(requestId)) }));
    const honest = [];
    for (const { requestId, request } of signed.toReversed()) honest.push(await ask(attempt, requestId, request));
    const again = signed.map(({ request }) => request);
    return { forged: await replay(attempt, again), honest };
  },
  'replayed: the set-up': async (attempt) => {
    const { cast, victim } = attempt;
    const { vaultKey } = cast.system;
    const credential = () => ({ type: 'api_token', token: victim.token });
    const { principal, conn, attacker } = victim;
    const setUp = await setUpByHand(attacker, { principal, conn, vaultKey, credential });
    const first = await sendSetUp(attacker, setUp, victim);
    if (typeof first === 'string') throw new Error(`the victim could not open a session: ${first}`);
    const again = await sendSetUp(cast.intruder, setUp, victim);
    const said = typeof again === 'string' ? { said: again, accepted: false } : { said: 'opened', accepted: true };
    return { forged: [said], honest: [] };
  },
};

/** By a session that is truly the attacker's own, and with all rights on the bus. */
const signedByMallory = (more: (attempt: Attempt) => Partial<Ask>): Forgery => {
  return async (attempt) => {
    const { cast, mallory, name } = attempt;
    const signed = mallory.session.sign({ ...wish(name), ...more(attempt) });
    const echo = await cast.intruder.ask(signed.message, IMPATIENCE_MS);
    return { forged: [saidOf(echo, mallory.session, signed)], honest: [] };
  };
};

/** With a credential that is truly the attacker's own. */
const openingAs = (
  senderOf: (attempt: Attempt) => Sender,
  credentialOf: (attempt: Attempt) => SetUpByHand['credential'],
): Forgery => {
  return async (attempt) => {
    const { intruder, system } = attempt.cast;
    const { principal, conn } = senderOf(attempt);
    const { vaultKey } = system;
    const setUp = { principal, conn, vaultKey, credential: credentialOf(attempt), requestId: attempt.name };
    const opened = await sendSetUp(intruder, await setUpByHand(intruder, setUp), { principal, conn });
    const said = typeof opened === 'string' ? { said: opened, accepted: false } : { said: 'opened', accepted: true };
    return { forged: [said], honest: [] };
  };
};

const ownToken = ({ mallory }: Attempt) => {
  return () => ({ type: 'api_token', token: mallory.token });
};
const ownKey = ({ cast }: Attempt) => nkeyCredential(cast.system.intruders().rpc.seed);

function gatewayOf({ cast, mallory }: Attempt): Sender {
  const { principal } = localKeys(stateFolder(cast.system.dir)).identities.gateway.rpc;
  return { principal, conn: mallory.conn };
}

const IN_ANOTHERS_NAME: Forgeries = {
  'stolen: a session’s id': signedByMallory(({ name, victim }) => ({
    as: victim,
    headers: { ...wish(name).headers, session: victim.session.sessionId },
  })),
  'fixation: the attacker’s session in the victim’s name': signedByMallory(({ victim }) => ({ as: victim })),
  'fixation: the attacker’s session on the victim’s connection': signedByMallory(({ mallory, victim }) => ({
    as: { principal: mallory.principal, conn: victim.conn },
  })),
  'own session: in the victim’s name, from one’s own connection': signedByMallory(({ mallory, victim }) => ({
    as: { principal: victim.principal, conn: mallory.conn },
  })),
  'own session: in the gateway’s name, on behalf of the victim': signedByMallory((attempt) => ({
    as: gatewayOf(attempt),
    headers: { onBehalfOf: attempt.victim.principal, requestId: attempt.name },
  })),
  'own session: the reply to the victim': signedByMallory(({ victim }) => ({ reply: freshReply(victim) })),
  ...Object.fromEntries(
    ['*', '>', 'victim.secret'].map((principal) => [
      `own session: ${principal} as principal`,
      signedByMallory(({ mallory }) => ({ as: { principal, conn: mallory.conn }, reply: freshReply(mallory) })),
    ]),
  ),
  'own key: in the victim’s name, on its connection': openingAs(({ victim }) => victim, ownKey),
  'own key: in a name that nobody has': openingAs(
    ({ cast, mallory }) => ({ principal: cast.system.intruders().rpc.principal, conn: mallory.conn }),
    ownKey,
  ),
  'own key: in the gateway’s name': openingAs(gatewayOf, ownKey),
  'own token: in the victim’s name, on its connection': openingAs(({ victim }) => victim, ownToken),
  'own token: on the victim’s connection': openingAs(
    ({ mallory, victim }) => ({ principal: mallory.principal, conn: victim.conn }),
    ownToken,
  ),
  'diverted: the victim’s set-up': async (attempt) => {
    const { cast, victim, mallory } = attempt;
    const { vaultKey } = cast.system;
    const credential = () => ({ type: 'api_token', token: victim.token });
    const { principal, conn, attacker } = victim;
    const setUp = await setUpByHand(attacker, { principal, conn, vaultKey, credential });
    const subject = subjectOf(mallory, 'session.open', '_system');
    const message = { ...setUp.message, subject, reply: freshReply(mallory) };
    const opened = await sendSetUp(cast.intruder, { ...setUp, message }, mallory);
    const said = typeof opened === 'string' ? { said: opened, accepted: false } : { said: 'opened', accepted: true };
    return { forged: [said], honest: [] };
  },
};

/** A stream over requests and replies: where there can be one, no request goes by. */
const layingAStream = (place: 'requests' | 'events'): Forgery => {
  return async (attempt) => {
    const { cast, victim, name } = attempt;
    const by = place === 'requests' ? cast.intruder : cast.eventsIntruder;
    const api = async (verb: string, request: object = {}) => {
      const message = { subject: `$JS.API.STREAM.${verb}.GRAB`, reply: `_INBOX.grab.${name}.${verb}`, headers: {} };
      return by.ask({ ...message, body: Buffer.from(JSON.stringify(request)) }, PATIENCE_MS);
    };
    const laid = await api('CREATE', { name: 'GRAB', subjects: ['rpc.>', '_R.>'], storage: 'memory', num_replicas: 1 });
    const honest = await ask(attempt, name, victim.session.sign(wish(name)));
    const info = await api('INFO');
    await api('DELETE');
    const caught = typeof info === 'string' ? 0 : (JSON.parse(Buffer.from(info.body).toString()).state?.messages ?? 0);
    const there = typeof laid === 'string' ? laid : 'laid or refused by JetStream';
    return { forged: [{ said: `${there}, caught ${caught}`, accepted: caught > 0 }], honest: [honest] };
  };
};

/** JetStream is made to say something in the victim's name, where the vault would hear it if it could. */
const speakingByJetStream: Forgery = async (attempt) => {
  const { cast, victim, name } = attempt;
  const reply = subjectOf(victim, 'secret.decrypt', name);
  let heard = 0;
  await cast.intruder.listen(reply, () => heard++);
  const body = Buffer.from(JSON.stringify({ seq: 1 }));
  cast.eventsIntruder.send({ subject: '$JS.API.STREAM.MSG.GET.VAULT', reply, body });
  cast.eventsIntruder.send({ subject: '$JS.API.CONSUMER.MSG.NEXT.VAULT.audit-vault', reply, body });
  await cast.eventsIntruder.flush();
  const honest = await ask(attempt, name, victim.session.sign(wish(name)));
  return { forged: [{ said: `heard ${heard}`, accepted: heard > 0 }], honest: [honest] };
};

export const FORGED_REQUESTS: Forgeries = {
  ...CHANGED,
  ...REPLAYED,
  ...IN_ANOTHERS_NAME,
  'a stream over requests, where they are': layingAStream('requests'),
  'a stream over requests, where events are': layingAStream('events'),
  'JetStream in the victim’s name': speakingByJetStream,
};
