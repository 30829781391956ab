/** Somebody whom an issuer of JWTs knows, from the bus to a value. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { AUTHENTICATION_STREAM, type PrincipalDescription, type RpcReply } from '@keytrail/contracts';
import { codeOf, outsideCaller, valueOf } from '../caller.fixture.js';
import { claimsAt, type LocalIssuer, sign, type SigningPair, startIssuer } from '../credential/issuer.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { openVaultFixture, type VaultFixture } from '../vault.fixture.js';

const reference = 'tenant.acme.openai.key';
const subject = 'system:serviceaccount:payments:biller';

let vault: VaultFixture;
let issuer: LocalIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
  vault = await openVaultFixture([issuer.configuration()]);
  await vault.admin.ask('workspace.create', { slug: 'acme' });
  await vault.admin.ask('secret.create', { reference, sealedValue: await vault.seal(reference, 'the value') });
});
afterAll(async () => {
  await vault?.close();
  await issuer?.stop();
});

const tokenOf = (sub: string) => sign(claimsAt(issuer.url, Date.now(), { sub }), issuer.state.keys[0] as SigningPair);
const enter = (token: string) => outsideCaller(vault.surroundings, token, { type: 'jwt', token });

it('is let in, opens a session that ends with the token, and obtains what its role permits', async () => {
  const registered = (await vault.admin.ask('principal.register', {
    kind: 'workload',
    displayName: 'biller',
    outsideName: { issuer: issuer.url, subject },
    roles: [{ role: 'service', workspace: 'acme' }],
  })) as RpcReply<PrincipalDescription>;
  const { principal } = valueOf(registered);
  const biller = await enter(await tokenOf(subject));
  expect(biller.principal).toBe(principal);
  expect(codeOf(await biller.ask('secret.decrypt', { reference }))).toBe('ok');
  const opened = (await eventsOf(vault.database, AUTHENTICATION_STREAM)).find(
    ({ body }) => body.principal === principal,
  );
  expect(opened).toMatchObject({ type: 'SessionOpened', body: { data: { credential: 'jwt' } } });
  expect(Date.parse(opened?.body.data['expiresAt'] as string)).toBeLessThanOrEqual(Date.now() + 310_000);
});

it('is not let in where nobody has registered them, and the audit tells', async () => {
  await expect(enter(await tokenOf('stranger'))).rejects.toMatchObject({ code: 'auth.invalid' });
  const failed = (await eventsOf(vault.database, AUTHENTICATION_STREAM)).at(-1);
  expect(failed).toMatchObject({ body: { data: { door: 'connect', reason: 'jwt.subject_unknown', count: 1 } } });
});
