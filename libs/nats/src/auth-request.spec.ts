/**
 * The callout's questions and answers, with a server of our own making: what is believed, and what exactly is granted.
 */
import { describe, expect, it } from '@jest/globals';
import { mintConn, mintPrincipal } from '@keytrail/crypto';
import { createCurve, createServer } from '@nats-io/nkeys';
import { headers, type Msg } from '@nats-io/transport-node';
import { admit, calloutKeys, openAuthRequest, turnAway } from './auth-request.js';
import { readToken } from './auth-token.js';
import { mintKeyPair } from './identity.js';
import { type NkeySigner, nkeySigner } from './nkey.js';

const [issuer, xkey] = [mintKeyPair('account'), mintKeyPair('curve')];
const keys = calloutKeys(issuer.seed, xkey.seed);
const serverKey = (): NkeySigner => nkeySigner(new TextDecoder().decode(createServer().getSeed()));
const [server, serverXkey] = [serverKey(), createCurve()];
const { publicKey: userNkey, seed: userSeed } = mintKeyPair('user');
const [conn, principal] = [mintConn(), mintPrincipal()];

const claims = (opts: object = { user: conn, pass: 'secret' }) => ({
  iss: server.nkey,
  aud: 'nats-authorization-request',
  nats: {
    type: 'authorization_request',
    server_id: { id: server.nkey, xkey: serverXkey.getPublicKey() },
    user_nkey: userNkey,
    client_info: { host: '10.1.2.3', user: 'somebody else' },
    connect_opts: opts,
  },
});
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (body: object, { sign }: Pick<NkeySigner, 'sign'> = server, alg = 'ed25519-nkey'): string => {
  const signed = `${part({ typ: 'JWT', alg })}.${part(body)}`;
  return `${signed}.${sign(Buffer.from(signed)).toString('base64url')}`;
};
const question = (text: string, { seal = true, from = serverXkey } = {}): Msg => {
  const head = headers();
  head.set('Nats-Server-Xkey', from.getPublicKey());
  const data = new TextEncoder().encode(text);
  return { headers: head, data: seal ? from.seal(data, xkey.publicKey) : data } as Msg;
};
const opened = (opts?: object) => openAuthRequest(question(token(claims(opts))), keys);

interface Answer {
  readonly aud: string;
  readonly sub: string;
  readonly exp?: number;
  readonly nats: { readonly jwt: string; readonly error?: string };
}
const answerOf = (sealed: Uint8Array): Answer =>
  readToken(new TextDecoder().decode(serverXkey.open(sealed, xkey.publicKey)!)) as Answer;

describe('a question', () => {
  it('tells who wants in, and from where', () => {
    const { entrant } = opened();
    expect(entrant).toEqual({ account: 'RPC', conn, secret: 'secret', address: '10.1.2.3' });
    expect(opened({ user: `events:${conn}`, pass: 'secret' }).entrant).toEqual({ ...entrant, account: 'EVENTS' });
  });

  const unsigned = { sign: () => Buffer.alloc(64) };
  const stranger = serverKey();
  const asUser = { ...claims(), iss: userNkey };
  const ofUser = { ...asUser, nats: { ...asUser.nats, server_id: { ...asUser.nats.server_id, id: userNkey } } };
  it.each<[string, Msg]>([
    ['in clear text', question(token(claims()), { seal: false })],
    ['of another server than the one that encrypted it', question(token(claims()), { from: createCurve() })],
    ['that nobody signed', question(token(claims(), unsigned))],
    ['that another signed', question(token(claims(), stranger))],
    ['that another signed and issued', question(token({ ...claims(), iss: stranger.nkey }, stranger))],
    ['with no algorithm', question(token(claims(), unsigned, 'none'))],
    ['with another algorithm', question(token(claims(), server, 'HS256'))],
    ['for another audience', question(token({ ...claims(), aud: 'NATS' }))],
    ['that a user issued', question(token(ofUser, nkeySigner(userSeed)))],
    ['that is none', question('none')],
  ])('%s is not believed', (_what, message) => {
    expect(() => openAuthRequest(message, keys)).toThrow();
  });
});

describe('an answer', () => {
  it('grants a caller exactly this, for ten minutes at most', () => {
    const before = Math.floor(Date.now() / 1_000);
    const answer = answerOf(admit(opened(), { principal, expiresAtMs: Date.now() + 3_600_000 }, keys));
    expect(answer).toMatchObject({ aud: server.nkey, sub: userNkey });
    const user = readToken(answer.nats.jwt) as Answer;
    expect(user.exp).toBeGreaterThanOrEqual(before + 600);
    expect(user.exp).toBeLessThanOrEqual(Math.floor(Date.now() / 1_000) + 600);
    expect(user).toMatchObject({ iss: issuer.publicKey, sub: userNkey, aud: 'RPC', name: principal });
    expect(user.nats).toEqual({
      type: 'user',
      version: 2,
      subs: -1,
      data: -1,
      payload: -1,
      pub: { allow: [`rpc.vault.${principal}.${conn}.*.*.*`, '$SYS.REQ.USER.INFO'] },
      sub: { allow: [`_R.${principal}.${conn}.>`, `notify.${principal}.>`, `_INBOX.${conn}.>`] },
      allowed_connection_types: ['STANDARD'],
    });
  });

  it('grants a reader exactly this, no longer than its credential', () => {
    const expiresAtMs = Date.now() + 60_000;
    const admission = { principal, expiresAtMs, reads: ['vault'] } as const;
    const sealed = admit(opened({ user: `events:${conn}`, pass: 'secret' }), admission, keys);
    const user = readToken(answerOf(sealed).nats.jwt) as Answer;
    expect(user).toMatchObject({ aud: 'READERS', exp: Math.floor(expiresAtMs / 1_000) });
    expect(user.nats).toMatchObject({
      pub: {
        allow: [
          `$JS.EVENTS.API.CONSUMER.MSG.NEXT.VAULT.events-${principal}`,
          `$JS.EVENTS.API.CONSUMER.INFO.VAULT.events-${principal}`,
          `$JS.ACK.VAULT.events-${principal}.>`,
          '$SYS.REQ.USER.INFO',
        ],
      },
      sub: { allow: [`_INBOX.${conn}.>`] },
    });
  });

  it('that turns somebody away says no more', () => {
    const { nats } = answerOf(turnAway(opened(), keys));
    expect(nats).toEqual({ type: 'authorization_response', version: 2, error: 'refused' });
  });
});
