/** A road that did not do what it is asked for would let every test of a network fault pass. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tcpProxy } from './tcp-proxy.js';
import type { Direction, TcpProxy } from './tcp-proxy.js';

/** One end of a connection, and all that it has heard. */
interface End {
  readonly socket: net.Socket;
  readonly heard: () => string;
  /** `open` until the other side has hung up, `ended` after an end, else the code of what has happened. */
  readonly state: () => string;
}

function endOf(socket: net.Socket): End {
  let [heard, state] = ['', 'open'];
  socket.on('data', (bytes) => (heard += bytes.toString()));
  socket.on('end', () => (state = 'ended'));
  socket.on('error', (error: NodeJS.ErrnoException) => (state = error.code ?? error.message));
  return { socket, heard: () => heard, state: () => state };
}

/** Polls, so that no test says how fast anything is. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Long enough for bytes on loopback to arrive where nothing keeps them. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 100));

let server: net.Server;
let road: TcpProxy;
let accepted: End[];
beforeEach(async () => {
  accepted = [];
  server = net.createServer({ allowHalfOpen: true }, (socket) => accepted.push(endOf(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  road = await tcpProxy((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await road.close();
  for (const { socket } of accepted) socket.destroy();
  if (server.listening) server.close();
});

/** A connection over the road: the client's end and the server's. */
async function connected(): Promise<{ readonly client: End; readonly server: End }> {
  const before = accepted.length;
  const client = endOf(net.connect({ port: road.port, host: '127.0.0.1', allowHalfOpen: true }));
  await until(() => accepted.length > before);
  return { client, server: accepted[before] as End };
}

/** Whether a new connection carries bytes both ways. */
async function carries(): Promise<boolean> {
  const pair = await connected();
  pair.client.socket.write('there');
  pair.server.socket.write('back');
  await until(() => pair.server.heard() === 'there' && pair.client.heard() === 'back');
  return true;
}

describe('an ordinary road', () => {
  it('carries bytes both ways, and each end of its own', async () => {
    const { client, server: far } = await connected();
    client.socket.end('question');
    await until(() => far.state() === 'ended');
    expect(far.heard()).toBe('question');
    expect(client.state()).toBe('open');
    far.socket.end('answer');
    await until(() => client.state() === 'ended');
    expect(client.heard()).toBe('answer');
  });

  it('passes on that a server has reset a connection, and that none is there', async () => {
    const { client, server: far } = await connected();
    far.socket.resetAndDestroy();
    await until(() => client.state() !== 'open');
    server.close();
    const late = endOf(net.connect(road.port, '127.0.0.1'));
    await until(() => late.state() !== 'open');
    expect([client.state(), late.state()]).toEqual(['ECONNRESET', 'ECONNRESET']);
  });
});

describe('latency', () => {
  it.each<Direction>(['toServer', 'toClient'])('delays what goes %s and nothing else, in order', async (slow) => {
    const { client, server: far } = await connected();
    const [sender, receiver] = slow === 'toServer' ? [client, far] : [far, client];
    road.delay({ [slow]: 400 });
    const sentAt = performance.now();
    for (const digit of '0123456789') sender.socket.write(digit);
    receiver.socket.write('the other way');
    await until(() => sender.heard() === 'the other way');
    expect(receiver.heard()).toBe('');
    await until(() => receiver.heard().length === 10);
    expect(performance.now() - sentAt).toBeGreaterThan(399);
    expect(receiver.heard()).toBe('0123456789');
  });
});

describe('a stalled road', () => {
  it('takes new connections and lets nothing pass until it is resumed', async () => {
    const { client, server: far } = await connected();
    road.stall();
    client.socket.write('one ');
    const late = await connected();
    late.client.socket.end('late');
    await aWhile();
    expect([far.heard(), late.server.heard(), far.state(), client.state()]).toEqual(['', '', 'open', 'open']);
    client.socket.write('two');
    road.resume();
    await until(() => far.heard() === 'one two' && late.server.heard() === 'late' && late.server.state() === 'ended');
  });
});

describe('a cut road', () => {
  it('resets old and new connections on both sides until it is resumed', async () => {
    const { client, server: far } = await connected();
    road.cut();
    await until(() => client.state() === 'ECONNRESET' && far.state() === 'ECONNRESET');
    const late = endOf(net.connect(road.port, '127.0.0.1'));
    await until(() => late.state() === 'ECONNRESET');
    road.resume();
    expect(await carries()).toBe(true);
  });
});

describe('a half-open road', () => {
  it.each<Direction>(['toServer', 'toClient'])('loses what goes %s, hanging up included', async (lost) => {
    const { client, server: far } = await connected();
    const [sender, receiver] = lost === 'toServer' ? [client, far] : [far, client];
    road.halfOpen(lost);
    sender.socket.write('lost');
    receiver.socket.write('heard');
    await until(() => sender.heard() === 'heard');
    sender.socket.destroy();
    await aWhile();
    expect([receiver.heard(), receiver.state()]).toEqual(['', 'open']);
    receiver.socket.write('to nobody');
    await aWhile();
    expect(receiver.state()).toBe('open');
  });

  it('keeps a connection deaf that has lost something, and carries new ones again', async () => {
    const [deaf, unhurt] = [await connected(), await connected()];
    road.halfOpen('toServer');
    deaf.client.socket.write('lost');
    await aWhile();
    road.resume();
    deaf.client.socket.end('not mended');
    unhurt.client.socket.write('still whole');
    await until(() => unhurt.server.heard() === 'still whole');
    expect(await carries()).toBe(true);
    expect([deaf.server.heard(), deaf.server.state()]).toEqual(['', 'open']);
  });
});

describe('a slow close', () => {
  it('is heard late, after all that was said before it', async () => {
    const { client, server: far } = await connected();
    road.closeSlowly(400);
    const endedAt = performance.now();
    far.socket.end('last words');
    await until(() => client.heard() === 'last words');
    expect(client.state()).toBe('open');
    await until(() => client.state() === 'ended');
    expect(performance.now() - endedAt).toBeGreaterThan(399);
  });

  it('hides for as long that the other side is gone', async () => {
    const { client, server: far } = await connected();
    road.closeSlowly(400);
    far.socket.destroy();
    await until(() => far.socket.closed);
    const goneAt = performance.now();
    client.socket.write('to nobody');
    await until(() => client.state() !== 'open');
    expect(performance.now() - goneAt).toBeGreaterThan(350);
  });
});
