/** The door of a real nats-server, kept by an auth callout that knows a few secrets, for specs. */
import { mintConn, mintPrincipal } from '@keytrail/crypto';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { authCallout, type AuthCalloutOptions, type AuthDecision } from './auth-callout.js';
import type { CallerAccount, Entrant } from './auth-request.js';
import { userNameOf } from './auth-request.js';
import type { Bus } from './bus.fixture.js';
import { silent } from './bus.fixture.js';
import { connectAuth } from './connect.js';
import type { CalloutIdentity } from './identity.js';

/** Somebody whom the callout knows. */
export interface Guest {
  readonly principal: string;
  readonly conn: string;
  readonly secret: string;
}

export const newGuest = (secret: string): Guest => ({ principal: mintPrincipal(), conn: mintConn(), secret });

/** Admits these guests for an hour, and reads of the vault's events with it; remembers who asked. */
export function knowing(...guests: readonly Guest[]) {
  const asked: Entrant[] = [];
  const decide = async (entrant: Entrant): Promise<AuthDecision> => {
    asked.push(entrant);
    const guest = guests.find(({ secret }) => secret === entrant.secret);
    if (guest === undefined) return { admitted: false, reason: 'unknown' };
    return { admitted: true, principal: guest.principal, expiresAtMs: Date.now() + 3_600_000, reads: ['vault'] };
  };
  return { asked, decide };
}

export type Door = Awaited<ReturnType<typeof openDoor>>;

/** Opens the door once the server hears its keeper. */
export async function openDoor(
  bus: Pick<Bus, 'url' | 'identities'>,
  { log = silent, ...options }: Pick<AuthCalloutOptions, 'decide'> & Partial<AuthCalloutOptions>,
  { user, issuer, xkey }: CalloutIdentity = bus.identities.callout,
) {
  const connection = await connectAuth({ url: bus.url, seed: user.seed, name: 'door' });
  const callout = authCallout({
    connection,
    issuerSeed: issuer.seed,
    xkeySeed: xkey.seed,
    log,
    ...options,
  });
  await connection.roundTrip();
  return {
    connection,
    close: async (): Promise<void> => {
      await callout.stop();
      await connection.close();
    },
  };
}

/** Connects without our own habits, and counts what it was refused. */
export async function enterRaw(url: string, guest: Guest, account: CallerAccount = 'RPC') {
  const nc = await connect({
    servers: url,
    user: userNameOf(account, guest.conn),
    pass: guest.secret,
    inboxPrefix: `_INBOX.${guest.conn}`,
    reconnect: false,
  });
  const visit = { nc, refusals: 0 };
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') visit.refusals++;
  })();
  return visit;
}

/** Whether the server let the visitor do it; an error arrives before the answer to the flush. */
export async function mayDo(
  visit: { readonly nc: NatsConnection; readonly refusals: number },
  act: (nc: NatsConnection) => void,
): Promise<boolean> {
  const before = visit.refusals;
  act(visit.nc);
  await visit.nc.flush();
  await visit.nc.flush();
  return visit.refusals === before;
}
