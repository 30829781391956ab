/** Entries say who it was at the time, in whichever order the services' events arrive. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Service } from '@keytrail/contracts';
import { mintPrincipal } from '@keytrail/crypto';
import { createLog } from '@keytrail/service';
import { sql } from 'kysely';
import { auditProjection } from '../audit.projection.js';
import type { AuditDatabase } from '../database.fixture.js';
import { auditDatabase } from '../database.fixture.js';
import type { MadeEvent } from '../event/audit-event.fixture.js';
import { arrived, madeEvent } from '../event/audit-event.fixture.js';
import { AuditEventStore } from '../event/audit-event.store.js';
import type { ArrivedEvent } from '../event/audit-event.view.js';
import { SecretUsageStore } from '../usage/secret-usage.store.js';
import { bound, registered, unbound } from './principal.fixture.js';

let on: AuditDatabase;
beforeAll(async () => {
  on = await auditDatabase();
}, 60_000);
afterAll(() => on?.end(), 30_000);

const log = createLog('audit', { write: () => undefined });
const folding = (service: Service) =>
  auditProjection(service, {
    database: on.database,
    events: new AuditEventStore(on.orm),
    usages: new SecretUsageStore(on.orm),
    log,
  });

async function arrive(service: Service, ...events: readonly (MadeEvent | ArrivedEvent)[]): Promise<void> {
  const folded = folding(service);
  const last = await folded.lastOrdinal();
  await folded.handle(
    events.map((event, i) => ({ ...('ordinal' in event ? event : arrived(event)), ordinal: last + i + 1 })),
  );
}

async function forget(): Promise<void> {
  const views = sql`audit_event, secret_usage, principal, principal_role, principal_role_change`;
  await sql`truncate projection_checkpoint, parked, ${views}`.execute(on.root);
}

const told = () => new AuditEventStore(on.orm).find({ filter: {}, after: null, limit: 1_000 });

/** Who it was, newest first. */
async function actorsOf(principal: string) {
  const entries = (await told()).filter((entry) => entry.principal === principal);
  return entries.map(({ actor, actorKind, actorRole }) => ({ actor, actorKind, actorRole }));
}
const rolesOf = async (principal: string) => (await actorsOf(principal)).map(({ actorRole }) => actorRole);

const at = (second: number) => ({ time: `2026-05-01T00:00:${String(second).padStart(2, '0')}.000Z` });
const ANALYST = { role: 'security_analyst', workspace: 'acme' };
const SERVICE = { role: 'service', workspace: 'acme' };
const ADMIN = { role: 'internal_admin', workspace: '_system' };

let anna: string;
const decrypt = (second: number, workspace = 'acme') => madeEvent({ principal: anna, workspace, ...at(second) });

beforeEach(async () => {
  anna = mintPrincipal();
  await forget();
});

describe('an entry', () => {
  it('tells name, kind and role of who is registered', async () => {
    await arrive('vault', registered(anna, 'Anna Acker'), bound(anna, ANALYST, at(1)), decrypt(2));
    expect(await actorsOf(anna)).toEqual([{ actor: 'Anna Acker', actorKind: 'user', actorRole: 'security_analyst' }]);
  });

  it('tells nothing of who is not', async () => {
    await arrive('vault', registered(mintPrincipal(), 'Somebody else'), decrypt(1));
    expect(await actorsOf(anna)).toEqual([{ actor: null, actorKind: null, actorRole: null }]);
  });

  it('tells no name once it is erased, but what else is known', async () => {
    const erased = { ...arrived(registered(anna, 'Anna')), detail: null, salt: null };
    await arrive('vault', erased, bound(anna, SERVICE, at(1)), decrypt(2));
    expect(await actorsOf(anna)).toEqual([{ actor: null, actorKind: 'user', actorRole: 'service' }]);
  });

  it('tells the roles of its workspace and of all, each once and sorted', async () => {
    const both = [bound(anna, SERVICE, at(1)), bound(anna, { ...SERVICE, workspace: '_system' }, at(1))];
    await arrive('vault', ...both, bound(anna, ADMIN, at(1)), bound(anna, ANALYST, at(1)));
    await arrive('vault', decrypt(2, '_system'), decrypt(3, 'globex'), decrypt(4, 'acme'));
    expect(await rolesOf(anna)).toEqual([
      'internal_admin, security_analyst, service',
      'internal_admin, service',
      'internal_admin, service',
    ]);
  });
});

describe('the role of an entry', () => {
  it('is the one of its time', async () => {
    const before = [decrypt(1), bound(anna, SERVICE, at(2)), decrypt(3)];
    await arrive('vault', ...before, unbound(anna, SERVICE, at(4)), bound(anna, ANALYST, at(4)), decrypt(5));
    await arrive('vault', unbound(anna, ANALYST, at(6)), decrypt(7), bound(anna, ANALYST, at(8)), decrypt(9));
    expect(await rolesOf(anna)).toEqual(['security_analyst', null, 'security_analyst', 'service', null]);
  });

  it('within a millisecond is the one that the order of the vault tells', async () => {
    const order = [decrypt(1), bound(anna, SERVICE, at(1)), decrypt(1), unbound(anna, SERVICE, at(1)), decrypt(1)];
    await arrive('vault', ...order);
    expect(await rolesOf(anna)).toEqual([null, 'service', null]);
  });

  it('is told by the vault alone', async () => {
    await arrive('rotation', registered(anna, 'Root'), bound(anna, ADMIN, at(1)), decrypt(2));
    expect(await actorsOf(anna)).toEqual([{ actor: null, actorKind: null, actorRole: null }]);
  });

  it('is right where a change was parked, and comes after the one behind it', async () => {
    await sql`alter table principal_role_change add constraint no_room check (not bound)`.execute(on.root);
    await arrive('vault', bound(anna, SERVICE, at(1)), decrypt(2), unbound(anna, SERVICE, at(3)), decrypt(4));
    expect(await rolesOf(anna)).toEqual([null, null]);
    await sql`alter table principal_role_change drop constraint no_room`.execute(on.root);
    expect(await folding('vault').replay(1, Date.now() + 5_000)).toMatchObject({ replayed: 1 });
    expect(await rolesOf(anna)).toEqual([null, 'service']);
  });
});

describe('streams that arrive in another order', () => {
  const history = () => ({
    vault: [
      registered(anna, 'Anna', at(0)),
      bound(anna, ANALYST, at(1)),
      decrypt(2),
      unbound(anna, ANALYST, at(5)),
      bound(anna, ADMIN, at(6)),
      decrypt(9),
    ],
    rotation: [3, 7].map((second) =>
      madeEvent({ principal: anna, aggregate: 'rotation', name: 'RotationStarted', data: {}, ...at(second) }),
    ),
  });

  it('tell who it was as soon as it is known', async () => {
    const { vault, rotation } = history();
    await arrive('rotation', ...rotation);
    const nothing = { actor: null, actorKind: null, actorRole: null };
    expect(await actorsOf(anna)).toEqual([nothing, nothing]);
    await arrive('vault', ...vault);
    const known = { actor: 'Anna', actorKind: 'user' };
    expect(await actorsOf(anna)).toEqual([
      { ...known, actorRole: 'internal_admin' },
      { ...known, actorRole: 'internal_admin' },
      { ...known, actorRole: 'security_analyst' },
      { ...known, actorRole: 'security_analyst' },
    ]);
  });

  it('tell the same row by row when they are folded anew', async () => {
    const { vault, rotation } = history();
    await arrive('vault', ...vault);
    await arrive('rotation', ...rotation);
    const first = await told();
    await forget();
    await arrive('rotation', ...rotation);
    for (const event of vault) await arrive('vault', event);
    expect(first).toHaveLength(8);
    expect(await told()).toEqual(first);
  });
});

describe('the service', () => {
  it.each(['update principal set kind = kind', 'delete from principal_role', 'truncate principal_role_change'])(
    'cannot change who somebody was: %s',
    async (change) => {
      await expect(sql.raw(change).execute(on.database)).rejects.toMatchObject({ code: '42501' });
    },
  );
});
