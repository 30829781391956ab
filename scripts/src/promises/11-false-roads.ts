/** Attacks of promise 11: replies aimed at somebody else, ears where they do not belong, and JetStream as a lever. */
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import type { Attacker, RawMessage } from '@keytrail/nats/drill';
import type { Attack, Attacks, Attempt, Outcome } from './11-attack.js';
import { OWN_REFERENCE, OWN_WORKSPACE } from './11-cast.js';
import { enter } from './presence.js';
import { IMPATIENCE_MS, PATIENCE_MS, subjectOf } from './session-by-hand.js';

/**
 * A request that would be served, with a reply subject that is somebody else's: it must be dropped, and the honest one
 * behind it, on the same connection, is served.
 */
const replyingTo = (trapOf: (attempt: Attempt) => string): Attack => {
  return async (attempt) => {
    const { session, attacker } = attempt.mallory;
    const own = {
      operation: 'secret.decrypt',
      workspace: OWN_WORKSPACE,
      body: { reference: OWN_REFERENCE },
      headers: { requestId: attempt.requestId },
    };
    const trap = trapOf(attempt);
    attacker.send(session.sign({ ...own, reply: trap }).message);
    const honest = session.sign({ ...own, headers: {} });
    const reply = session.open(await attacker.ask(honest.message, PATIENCE_MS), honest);
    if (reply?.ok !== true) throw new Error('an honest request of the attacker’s own was not served');
    return { said: 'silence', accepted: false, trap };
  };
};

const listeningTo = (subjectFor: (attempt: Attempt) => string, queue?: string): Attack => {
  return async (attempt) => {
    const allowed = await attempt.mallory.attacker.listen(subjectFor(attempt), () => {}, queue);
    return { said: allowed ? 'allowed' : 'forbidden', accepted: allowed };
  };
};

/** Sends a question whose answer is to go to the trap, and asks it once more to learn what is said to it. */
async function aim(attacker: Attacker, question: RawMessage, trap: string): Promise<Required<Outcome>> {
  attacker.send({ ...question, reply: trap });
  const echo = await attacker.ask(question, IMPATIENCE_MS);
  const said = typeof echo === 'string' ? echo : 'answered';
  return { said, accepted: said !== 'forbidden', trap };
}

/** As if the victim asked: where JetStream delivers to, whoever is there hears it. */
const victimAsks = ({ victim, requestId }: Attempt): string => subjectOf(victim, 'secret.decrypt', requestId);

/** Asks JetStream from among the requests, where nobody may reach it. */
const askingJetStream = (api: string, request: object = {}): Attack => {
  return (attempt) => {
    const { principal, conn, attacker } = attempt.mallory;
    const reply = `_R.${principal}.${conn}.${attempt.requestId}`;
    const body = Buffer.from(JSON.stringify(request));
    return aim(attacker, { subject: `$JS.API.${api}`, reply, headers: {}, body }, victimAsks(attempt));
  };
};

/**
 * Whoever may read events may ask JetStream for the next ones of their own, and say where to; but in an account from
 * which nobody else is reached.
 */
const asReader = (apiOf: (durable: string) => string, mayAsk: boolean): Attack => {
  return async (attempt) => {
    const { cast, requestId } = attempt;
    const { principal, token } = cast.analyst;
    const conn = mintConn();
    const reader = await enter(cast.system, { user: `events:${conn}`, pass: connectSecretOf(token) as string });
    try {
      const body = Buffer.from(JSON.stringify({ batch: 1, expires: 1_000_000_000 }));
      const subject = `$JS.EVENTS.API.${apiOf(`events-${principal}`)}`;
      const question = { subject, reply: `_INBOX.${conn}.${requestId}`, headers: {}, body };
      const outcome = await aim(reader, question, victimAsks(attempt));
      return { ...outcome, accepted: outcome.accepted && !mayAsk };
    } finally {
      await reader.close();
    }
  };
};

const EARS = ['rpc.>', 'rpc.vault.>', '_R.>', '>', '*', '*.>', '_INBOX.>', 'evt.>', '$SYS.>', '$JS.>', 'notify.>'];

export const FALSE_ROADS: Attacks = {
  'reply: the victim’s inbox': replyingTo(
    ({ victim, requestId }) => `_R.${victim.principal}.${victim.conn}.${requestId}`,
  ),
  'reply: an inbox of the client library': replyingTo(({ victim, requestId }) => `_INBOX.${victim.conn}.${requestId}`),
  'reply: a stream’s subject': replyingTo(({ requestId }) => `evt.vault.${requestId}.secret.SecretDecrypted`),
  'reply: another service’s door': replyingTo(({ victim, requestId }) =>
    subjectOf(victim, 'event.list', requestId).replace('rpc.vault.', 'rpc.audit.'),
  ),
  'reply: JetStream': replyingTo(({ requestId }) => `$JS.API.STREAM.DELETE.${requestId}`),
  'reply: the server': replyingTo(({ requestId }) => `$SYS.REQ.USER.${requestId}`),
  ...Object.fromEntries(EARS.map((subject) => [`listening: ${subject}`, listeningTo(() => subject)])),
  'listening: rpc.vault.> among the vault’s replicas': listeningTo(() => 'rpc.vault.>', 'vault'),
  'listening: all replies to the victim': listeningTo(({ victim }) => `_R.${victim.principal}.>`),
  'listening: the victim’s replies': listeningTo(({ victim }) => `_R.${victim.principal}.${victim.conn}.>`),
  'listening: the victim’s inbox': listeningTo(({ victim }) => `_INBOX.${victim.conn}.>`),
  'listening: the victim’s notifications': listeningTo(({ victim }) => `notify.${victim.principal}.>`),
  'JetStream: a stream over requests': askingJetStream('STREAM.CREATE.GRAB', { name: 'GRAB', subjects: ['rpc.>'] }),
  'JetStream: a stream over replies': askingJetStream('STREAM.CREATE.GRAB', { name: 'GRAB', subjects: ['_R.>'] }),
  'JetStream: what streams there are': askingJetStream('STREAM.NAMES'),
  'JetStream: a stream’s messages': askingJetStream('STREAM.MSG.GET.VAULT', { seq: 1 }),
  'JetStream: the end of a stream': askingJetStream('STREAM.DELETE.VAULT'),
  'JetStream: the next message, aimed at the vault': askingJetStream('CONSUMER.MSG.NEXT.VAULT.audit-vault', {
    batch: 1,
  }),
  'reader: the next event, aimed at the vault': asReader((durable) => `CONSUMER.MSG.NEXT.VAULT.${durable}`, true),
  'reader: another’s next event, aimed at the vault': asReader(() => 'CONSUMER.MSG.NEXT.VAULT.audit-vault', false),
  'reader: a stream over requests': asReader(() => 'STREAM.CREATE.GRAB', false),
};
