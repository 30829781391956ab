/** Attacks of promise 11: requests that say that they come from somebody else. */
import { RPC_HEADERS } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { type Attack, type Attacks, type Attempt, send } from './11-attack.js';
import { REFERENCE, WORKSPACE } from './11-cast.js';
import { type Ask, freshReply, type Sender, type Signed } from './session-by-hand.js';

const theirSecret = (requestId: string): Ask => ({
  operation: 'secret.decrypt',
  workspace: WORKSPACE,
  body: { reference: REFERENCE },
  headers: { requestId },
});

/** Signed in the attacker's own session, over a subject that names others; the reply is to come to the attacker. */
const sentAs = (nameOf: (attempt: Attempt) => Sender): Attack => {
  return (attempt) => {
    const { session } = attempt.mallory;
    const signed = session.sign({
      ...theirSecret(attempt.requestId),
      as: nameOf(attempt),
      reply: freshReply(attempt.mallory),
    });
    return send(attempt, session, signed);
  };
};

/** An honest request of the attacker's own, with headers added after it was signed. */
const withHeaders = (headersOf: (attempt: Attempt) => Readonly<Record<string, string>>): Attack => {
  return (attempt) => {
    const { session } = attempt.mallory;
    const { message, counter } = session.sign(theirSecret(attempt.requestId));
    const headers = { ...message.headers, ...headersOf(attempt) };
    return send(attempt, session, { counter, message: { ...message, headers } });
  };
};

const signedWith = (headersOf: (attempt: Attempt) => Ask['headers']): Attack => {
  return (attempt) => {
    const { session } = attempt.mallory;
    const ask = theirSecret(attempt.requestId);
    return send(attempt, session, session.sign({ ...ask, headers: { ...ask.headers, ...headersOf(attempt) } }));
  };
};

const edge = Buffer.from(JSON.stringify({ ip: '203.0.113.7' })).toString('base64url');

export const FALSE_NAMES: Attacks = {
  'the victim’s secret, in one’s own name': signedWith(() => ({})),
  'foreign principal in the subject': sentAs(({ mallory, victim }) => ({ ...mallory, principal: victim.principal })),
  'foreign conn in the subject': sentAs(({ mallory, victim }) => ({ ...mallory, conn: victim.conn })),
  'foreign principal and conn in the subject': sentAs(({ victim }) => victim),
  'a conn that nobody has': sentAs(({ mallory }) => ({ ...mallory, conn: mintConn() })),
  '* as principal in the subject': sentAs(({ mallory }) => ({ ...mallory, principal: '*' })),
  '* as conn in the subject': sentAs(({ mallory }) => ({ ...mallory, conn: '*' })),
  'victim.secret as principal in the subject': sentAs(({ mallory }) => ({ ...mallory, principal: 'victim.secret' })),
  '> as principal in the subject': (attempt) => {
    const { session } = attempt.mallory;
    const { message, counter } = session.sign(theirSecret(attempt.requestId));
    return send(attempt, session, { counter, message: { ...message, subject: 'rpc.vault.>' } });
  },
  'a service that callers may not ask': (attempt) => {
    const { session } = attempt.mallory;
    const { message, counter } = session.sign({ ...theirSecret(attempt.requestId), operation: 'event.list' });
    const subject = message.subject.replace('rpc.vault.', 'rpc.audit.');
    return send(attempt, session, { counter, message: { ...message, subject } });
  },
  'forged Nats-Request-Info': withHeaders(({ victim: { principal } }) => ({
    'Nats-Request-Info': JSON.stringify({ acc: 'RPC', user: principal, name: principal, host: '127.0.0.1' }),
  })),
  'kt-on-behalf-of that is not signed': withHeaders(({ victim }) => ({ [RPC_HEADERS.onBehalfOf]: victim.principal })),
  'kt-on-behalf-of that is signed': signedWith(({ victim }) => ({ onBehalfOf: victim.principal })),
  'kt-on-behalf-of and kt-edge as the gateway signs them': signedWith(({ victim }) => ({
    onBehalfOf: victim.principal,
    edge,
  })),
  'kt-session of the victim': withHeaders(({ victim }) => ({ [RPC_HEADERS.session]: victim.session.sessionId })),
  'kt-session of the victim, signed by another session': signedWith(({ victim }) => ({
    session: victim.session.sessionId,
  })),
  'kt-session of nobody': withHeaders(() => ({ [RPC_HEADERS.session]: '019c13f1-31e0-7d24-8f06-5a9c1e3b7d42' })),
  'a request of the victim, sent from elsewhere': (attempt) => {
    const { session } = attempt.victim;
    const signed: Signed = session.sign({ ...theirSecret(attempt.requestId), reply: freshReply(attempt.mallory) });
    return send(attempt, session, signed);
  },
  'no session at all': (attempt) => {
    const { session } = attempt.mallory;
    const { message, counter } = session.sign(theirSecret(attempt.requestId));
    const { requestId, deadline } = RPC_HEADERS;
    const said = Object.entries(message.headers).filter(([name]) => name === requestId || name === deadline);
    return send(attempt, session, { counter, message: { ...message, headers: Object.fromEntries(said) } });
  },
};
