/** Coming in by a secret, and coming back: what is told, what is asked anew, and what goes on by itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { knowing, newGuest, openDoor } from './auth.fixture.js';
import { type Bus, startBus, until } from './bus.fixture.js';
import type { BusStatus } from './connect.js';
import { type CallerConnectionOptions, connectCaller } from './connect-caller.js';
import { CredentialsRefused } from './credentials-refused.js';

const billing = newGuest('the secret of billing');

let bus: Bus;
beforeAll(async () => {
  bus = await startBus();
});
afterAll(() => bus.stop());

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
const kept = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};
const said: BusStatus[] = [];
const come = async (options: Partial<CallerConnectionOptions> = {}) => {
  said.length = 0;
  const onStatus = (status: BusStatus) => void said.push(status);
  const { conn, secret } = billing;
  return kept(await connectCaller({ url: bus.url, name: 'spec', conn, secret: () => secret, onStatus, ...options }));
};
const isRefusal = (status: BusStatus): boolean => status.type === 'error' && status.error instanceof CredentialsRefused;

describe('a caller', () => {
  it('whose admission ends is out for a moment, and comes back by itself', async () => {
    const { principal } = billing;
    let seconds = 2;
    let asked = 0;
    const decide = async () => {
      asked++;
      const expiresAtMs = Date.now() + seconds * 1_000;
      seconds = 3_600;
      return { admitted: true, principal, expiresAtMs } as const;
    };
    kept(await openDoor(bus, { decide }));
    const connection = await come();
    await until(() => said.length === 2);
    expect(said.map(({ type }) => type)).toEqual(['disconnected', 'reconnected']);
    expect(asked).toBe(2);
    expect(connection.isConnected()).toBe(true);
    await connection.roundTrip();
  });

  it('presents what its secret is by then each time that it comes back', async () => {
    const rotated = { ...billing, secret: 'the next secret of billing' };
    const { asked, decide } = knowing(billing, rotated);
    kept(await openDoor(bus, { decide }));
    let { secret } = billing;
    const connection = await come({ secret: () => secret });
    ({ secret } = rotated);
    await connection.nc.reconnect();
    await until(() => said.some(({ type }) => type === 'reconnected'));
    expect(asked.map((entrant) => entrant.secret)).toEqual([billing.secret, rotated.secret]);
  });

  it('is told each time that it is not let in again, and goes on trying', async () => {
    const guests = [billing];
    kept(await openDoor(bus, { decide: (entrant) => knowing(...guests).decide(entrant) }));
    const connection = await come();
    guests.pop();
    await connection.nc.reconnect();
    await until(() => said.filter(isRefusal).length >= 2);
    expect(connection.isConnected()).toBe(false);
    guests.push(billing);
    await until(() => connection.isConnected());
  });

  it('is told that its secret cannot be read, and comes back once it can', async () => {
    kept(await openDoor(bus, knowing(billing)));
    let readable = true;
    const secret = (): string => {
      if (!readable) throw new Error('ENOENT');
      return billing.secret;
    };
    const connection = await come({ secret });
    readable = false;
    await connection.nc.reconnect();
    await until(() => said.some((status) => status.type === 'error' && status.error.cause instanceof Error));
    readable = true;
    await until(() => connection.isConnected());
    expect(await connection.roundTrip()).toBeUndefined();
  });

  it('whose secret cannot be read at first hears why', async () => {
    kept(await openDoor(bus, knowing(billing)));
    const secret = (): string => {
      throw new Error('ENOENT');
    };
    await expect(come({ secret })).rejects.toThrow('the secret cannot be read');
  });

  it('can tell a server that is not there from one that refuses', async () => {
    await expect(come({ url: 'nats://127.0.0.1:1' })).rejects.not.toThrow(CredentialsRefused);
    kept(await openDoor(bus, knowing()));
    await expect(come({ patienceMs: 60_000 })).rejects.toThrow(CredentialsRefused);
  });

  it('comes back to a server that was started again, once its door is kept again', async () => {
    const keeper = kept(await openDoor(bus, knowing(billing)));
    const connection = await come();
    await bus.kill();
    await until(() => !connection.isConnected() && !keeper.connection.isConnected());
    await bus.restart();
    await until(() => connection.isConnected(), 40_000);
    expect(await connection.roundTrip()).toBeUndefined();
  });
});
