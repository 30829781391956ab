/** How replies leave: sealed for whoever asked, under a header that names the session. */
import { expect, it } from '@jest/globals';
import { RPC_HEADERS, type SessionId } from '@keytrail/contracts';
import { mintKey, openReply, sessionKeys, uuidv7 } from '@keytrail/crypto';
import type { MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { ok } from './answer.js';
import { silent } from './bus.fixture.js';
import { replySender } from './rpc-replies.js';

interface Published {
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly header: string | undefined;
}

function senderOf() {
  const published: Published[] = [];
  const publish = (to: string, bytes: Uint8Array, more?: { readonly headers: MsgHdrs & { encode(): Uint8Array } }) =>
    published.push({ to, bytes, header: more && Buffer.from(more.headers.encode()).toString() });
  return { sender: replySender({ publish } as unknown as NatsConnection, silent), published };
}

const session = () => ({ sessionId: uuidv7() as SessionId, keys: sessionKeys(mintKey(), 'vault') });

it('each names its own session, the first under it and those behind it', () => {
  const { sender, published } = senderOf();
  const [one, other] = [session(), session()];
  const asked = [one, other, one, other];
  asked.forEach((of, n) =>
    sender.send({ to: `to.${n}`, from: 'asked', under: { session: of, counter: String(n) } }, ok(`ü${n}`)),
  );
  sender.flush();
  expect(published.map(({ header }) => header)).toEqual(
    asked.map(({ sessionId }) => `NATS/1.0\r\n${RPC_HEADERS.session}: ${sessionId}\r\n\r\n`),
  );
  const opened = published.map(({ to, bytes }, n) => {
    const { sessionId, keys } = asked[n] as (typeof asked)[number];
    return openReply(keys.reply, { session: sessionId, counter: String(n), subject: 'asked', reply: to }, bytes);
  });
  expect(opened.map(String)).toEqual(asked.map((_, n) => `{"ok":true,"value":"ü${n}"}`));
});

it('is in clear, and bears no header, where there is no session', () => {
  const { sender, published } = senderOf();
  sender.send({ to: 'to', from: 'asked', under: null }, ok('ü'));
  sender.flush();
  expect(published.map(({ bytes, header }) => [Buffer.from(bytes).toString(), header])).toEqual([
    ['{"ok":true,"value":"ü"}', undefined],
  ]);
});

it('is refused for its size in bytes, not in characters', () => {
  const { sender } = senderOf();
  const room = sender.maxBytes() - '{"ok":true,"value":""}'.length;
  const send = (value: string) => sender.send({ to: 'to', from: 'asked', under: null }, ok(value));
  expect([send('a'.repeat(room)), send('a'.repeat(room + 1)), send('ü'.repeat(room - 1))]).toEqual([
    'ok',
    'request.too_large',
    'request.too_large',
  ]);
});
