/** Who is let in to the bus, over the real auth callout: as whom, on which connection, and to read what. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AUTHENTICATION_STREAM, type Conn, type PrincipalDescription, type RpcReply } from '@keytrail/contracts';
import { connectSecretOf, mintApiToken, mintConn } from '@keytrail/crypto';
import { type CallerAccount, connectCaller } from '@keytrail/nats';
import { exchangeRaw } from '@keytrail/nats/drill';
import { sql } from 'kysely';
import { codeOf, valueOf } from '../caller.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { openVaultFixture, type TokenHolder, type VaultFixture } from '../vault.fixture.js';

let vault: VaultFixture;
beforeAll(async () => {
  vault = await openVaultFixture();
  await vault.admin.ask('workspace.create', { slug: 'acme' });
});
afterAll(async () => vault?.close());

interface Knock {
  readonly secret: string;
  readonly conn?: string;
  readonly account?: CallerAccount;
}

/** The principal that was let in, or the code of the refusal. */
async function knock({ secret, conn = mintConn(), account = 'RPC' }: Knock): Promise<string> {
  try {
    const connection = await connectCaller({ url: vault.nats.url, name: 'spec', conn, account, secret: () => secret });
    await connection.close();
    return connection.principal;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
}

const secretOf = (token: string) => connectSecretOf(token) as string;
const failures = async () =>
  (await eventsOf(vault.database, AUTHENTICATION_STREAM)).filter(({ body }) => body.data['door'] === 'connect');

describe('a caller', () => {
  it('is let in by what is made of its token, and its connection bound to it and to where it came from', async () => {
    const { principal, conn } = vault.billing;
    expect(await vault.rooms.connections.find(conn as Conn)).toEqual({ principal, address: '127.0.0.1' });
  });

  it.each([
    ['a token that nobody has', () => secretOf(mintApiToken().token), 'token.unknown'],
    ['the token itself', () => vault.billing.token, 'credential.malformed'],
    ['anything else', () => 'password', 'credential.malformed'],
  ])('is not let in by %s', async (_, secret, reason) => {
    const before = (await failures()).length;
    expect(await knock({ secret: secret() })).toBe('auth.invalid');
    const told = await failures();
    expect(told.at(-1)).toMatchObject({ body: { data: { reason } }, detail: { ip: '127.0.0.1' } });
    expect(told.length - before).toBeLessThanOrEqual(1);
  });

  it('whose token was revoked is not let in any more', async () => {
    const { token, tokenId, principal } = await vault.caller('service');
    expect(await knock({ secret: secretOf(token) })).toBe(principal);
    valueOf(await vault.admin.ask('token.revoke', { tokenId }));
    expect(await knock({ secret: secretOf(token) })).toBe('auth.invalid');
    expect((await failures()).at(-1)).toMatchObject({ body: { data: { reason: 'token.revoked', tokenId } } });
  });

  it('does not take the connection of somebody else, and keeps its own', async () => {
    const [mine, theirs] = [await vault.caller('service'), vault.billing];
    expect(await knock({ secret: secretOf(mine.token), conn: theirs.conn })).toBe('auth.invalid');
    expect((await failures()).at(-1)).toMatchObject({
      body: { data: { reason: 'conn.taken', tokenId: mine.tokenId } },
    });
    expect(await knock({ secret: secretOf(theirs.token), conn: theirs.conn })).toBe(theirs.principal);
  });
});

describe('events', () => {
  const read = (token: string) => knock({ secret: secretOf(token), account: 'EVENTS' });

  /** What the consumer of a reader lets through of the vault's events, as JetStream tells the reader itself. */
  async function filtersOf({ token, principal }: TokenHolder): Promise<readonly string[]> {
    const conn = mintConn();
    const [account, secret] = ['EVENTS', () => secretOf(token)] as const;
    const connection = await connectCaller({ url: vault.nats.url, name: 'reader', conn, account, secret });
    const subject = `$JS.EVENTS.API.CONSUMER.INFO.VAULT.events-${principal}`;
    const came = await exchangeRaw(connection, {
      subject,
      reply: `_INBOX.${conn}.info`,
      headers: {},
      body: Buffer.of(),
    });
    await connection.close();
    const { config } = JSON.parse(Buffer.from(came?.body ?? []).toString());
    return config.filter_subjects ?? [config.filter_subject];
  }

  it('are read by analysts and administrators, each through a consumer of their own workspaces', async () => {
    const analyst = await vault.caller('security_analyst', { workspace: 'acme' });
    expect(await filtersOf(analyst)).toEqual(['evt.vault.acme.*.*']);
    expect(await filtersOf(await vault.caller('internal_admin'))).toEqual(['evt.vault.>']);
  });

  it.each([
    ['a service', 'service', undefined],
    ['a token for something else', 'security_analyst', ['secret.get']],
  ])('are not read by %s', async (_, role, scopes) => {
    const { token } = await vault.caller(role, scopes && { scopes });
    expect(await read(token)).toBe('auth.invalid');
  });

  it('are read by nobody in quarantine, who may come in all the same and is told so', async () => {
    const { token, principal, ask } = await vault.caller('security_analyst');
    const quarantine = { principal, reason: 'an odd address' };
    valueOf((await vault.admin.ask('principal.quarantine', quarantine)) as RpcReply<PrincipalDescription>);
    expect(await knock({ secret: secretOf(token), account: 'EVENTS' })).toBe('auth.invalid');
    expect(await knock({ secret: secretOf(token) })).toBe(principal);
    expect(codeOf(await ask('policy.list', {}))).toBe('principal.quarantined');
  });
});

it('connections that did not come back for a day are forgotten, others are not', async () => {
  const gone = mintConn() as Conn;
  await vault.rooms.connections.bind(gone, { principal: vault.billing.principal, address: '127.0.0.1' });
  await sql`update connection set bound_at = clock_timestamp() - interval '25 hours' where conn = ${gone}`.execute(
    vault.database,
  );
  await vault.rooms.connections.forgetGone();
  expect(await vault.rooms.connections.find(gone)).toBeNull();
  expect(await vault.rooms.connections.find(vault.billing.conn as Conn)).not.toBeNull();
});
