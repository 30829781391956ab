/** Quarantine: of a secret, of one principal on it, of a principal; with a code of its own, ended by time or people. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { PrincipalDescription, SecretDescription } from '@keytrail/contracts';
import { type Asker, codeOf } from '../caller.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();

const reason = 'odd hours';
const hold = (reference: string, rest: object = {}, by: Asker = on.vault.admin) =>
  ask<SecretDescription>(by, 'secret.quarantine', { reference, reason, ...rest });
const release = (reference: string, rest: object = {}, by: Asker = on.vault.admin) =>
  ask<SecretDescription>(by, 'secret.release', { reference, ...rest });

describe('a secret in quarantine', () => {
  it('is held back from everybody who may obtain it, and told to nobody else', async () => {
    const [reference, stranger] = [await on.secret(), await on.vault.caller(null)];
    const held = await done(hold(reference));
    expect(held).toMatchObject({ status: 'active', quarantines: [{ principal: null, until: null }] });
    expect(await on.obtain(on.vault.billing, reference)).toBe('secret.quarantined');
    expect(await on.obtain(stranger, reference)).toBe('secret.unavailable');
    expect(await on.denialsOf(reference)).toMatchObject([
      { reason: 'secret.quarantined' },
      { reason: 'principal.not_permitted' },
    ]);
    expect((await done(release(reference))).quarantines).toEqual([]);
    expect(await on.obtain(on.vault.billing, reference)).toBe('ok');
  });

  it('is held back on every replica from the moment of the answer', async () => {
    const [reference, replica] = [await on.secret(), await on.vault.replica()];
    const many = () => Promise.all(Array.from({ length: 16 }, () => on.obtain(on.vault.billing, reference)));
    expect(new Set(await many())).toEqual(new Set(['ok']));
    await done(hold(reference));
    expect(new Set(await many())).toEqual(new Set(['secret.quarantined']));
    await replica.close();
  });

  it('is obtained again once its time has passed, by itself', async () => {
    const reference = await on.secret();
    await done(hold(reference, { ttlSeconds: 1 }));
    expect(await on.obtain(on.vault.billing, reference)).toBe('secret.quarantined');
    await sleep(1_100);
    expect(await on.obtain(on.vault.billing, reference)).toBe('ok');
    expect((await done(ask<SecretDescription>(on.vault.admin, 'secret.get', { reference }))).quarantines).toEqual([]);
  });

  it('is held back from one principal, and from no other', async () => {
    const [reference, suspect] = [await on.secret(), await on.vault.caller('service')];
    await done(hold(reference, { principal: suspect.principal }));
    expect(await on.obtain(suspect, reference)).toBe('secret.quarantined');
    expect(await on.obtain(on.vault.billing, reference)).toBe('ok');
    expect(codeOf(await release(reference))).toBe('secret.not_quarantined');
    await done(release(reference, { principal: suspect.principal }));
    expect(await on.obtain(suspect, reference)).toBe('ok');
  });

  it('is changed all the same, and a new version is held back too', async () => {
    const reference = await on.secret();
    await done(hold(reference));
    await done(
      ask(on.vault.admin, 'secret.add_version', { reference, sealedValue: await on.vault.seal(reference, 'new') }),
    );
    expect(await on.obtain(on.vault.billing, reference)).toBe('secret.quarantined');
  });
});

describe('a principal in quarantine', () => {
  const holdBack = ({ principal }: Asker, rest: object = {}) =>
    ask<PrincipalDescription>(inside('_system', on.vault.admin), 'principal.quarantine', {
      principal,
      reason,
      ...rest,
    });
  const letGo = (asker: Asker, by: Asker = on.vault.admin) =>
    ask<PrincipalDescription>(inside('_system', by), 'principal.release', { principal: asker.principal });

  it('obtains nothing and asks for nothing, in a session that is open and in a new one, until it is released', async () => {
    const [reference, suspect] = [await on.secret(), await on.vault.caller('internal_admin', { workspace: 'acme' })];
    await done(
      ask(on.vault.admin, 'principal.bind_role', { principal: suspect.principal, role: 'service', workspace: 'acme' }),
    );
    expect(await on.obtain(suspect, reference)).toBe('ok');
    expect(await done(holdBack(suspect))).toMatchObject({ quarantine: { until: null } });
    expect(await on.obtain(suspect, reference)).toBe('secret.quarantined');
    expect(await on.obtain(suspect, 'tenant.acme.openai.absent')).toBe('secret.quarantined');
    expect(codeOf(await ask(suspect, 'secret.get', { reference }))).toBe('principal.quarantined');
    expect(await on.operationsDeniedTo(suspect)).toMatchObject([
      { permission: 'secret.get', reason: 'principal.quarantined' },
    ]);
    await done(letGo(suspect));
    expect(await on.obtain(suspect, reference)).toBe('ok');
  });

  it('comes back by itself when its time has passed', async () => {
    const [reference, suspect] = [await on.secret(), await on.vault.caller('service')];
    await done(holdBack(suspect, { ttlSeconds: 1 }));
    expect(await on.obtain(suspect, reference)).toBe('secret.quarantined');
    await sleep(1_100);
    expect(await on.obtain(suspect, reference)).toBe('ok');
    const { principal } = suspect;
    const described = await done(
      ask<PrincipalDescription>(inside('_system', on.vault.admin), 'principal.get', { principal }),
    );
    expect(described.quarantine).toBeNull();
  });

  it('is released by two people where the system asks for two', async () => {
    const [suspect, colleague] = [await on.vault.caller('service'), await on.vault.caller('security_analyst')];
    await done(ask(inside('_system', on.vault.admin), 'workspace.configure', { twoPersonRelease: true }));
    await done(holdBack(suspect));
    expect(await done(letGo(suspect))).toMatchObject({
      quarantine: { releaseRequestedBy: on.vault.admin.principal },
    });
    expect(await done(letGo(suspect, colleague))).toMatchObject({ quarantine: null });
    await done(ask(inside('_system', on.vault.admin), 'workspace.configure', { twoPersonRelease: false }));
  });

  it('is not one of Keytrail’s own processes', async () => {
    expect(codeOf(await holdBack(on.vault.gateway))).toBe('access.denied');
  });
});

describe('where a workspace asks for two people', () => {
  it('a quarantine ends with the second, and neither of them alone', async () => {
    const [reference, colleague] = [
      await on.secret(),
      await on.vault.caller('security_analyst', { workspace: 'acme' }),
    ];
    await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: true }));
    await done(hold(reference, {}, colleague));
    const asked = await done(release(reference, {}, colleague));
    expect(asked.quarantines).toMatchObject([{ releaseRequestedBy: colleague.principal }]);
    await done(release(reference, {}, colleague));
    expect(await on.obtain(on.vault.billing, reference)).toBe('secret.quarantined');
    expect((await done(release(reference))).quarantines).toEqual([]);
    expect(await on.obtain(on.vault.billing, reference)).toBe('ok');
    await done(ask(on.vault.admin, 'workspace.configure', { twoPersonRelease: false }));
  });
});

it.each([
  ['disabled', 'secret.disable', 'secret.enable'],
  ['deleted', 'secret.delete', 'secret.undelete'],
])('a secret that is %s is not obtained until it is brought back', async (status, away, back) => {
  const [reference, replica] = [await on.secret(), await on.vault.replica()];
  const many = () => Promise.all(Array.from({ length: 8 }, () => on.obtain(on.vault.billing, reference)));
  expect(new Set(await many())).toEqual(new Set(['ok']));
  expect(await done(ask(on.vault.admin, away, { reference, reason }))).toMatchObject({ status });
  expect(new Set(await many())).toEqual(new Set(['secret.unavailable']));
  expect((await on.denialsOf(reference))[0]).toMatchObject({ reason: `secret.${status}` });
  expect(await done(ask(on.vault.admin, back, { reference }))).toMatchObject({ status: 'active' });
  expect(await on.obtain(on.vault.billing, reference)).toBe('ok');
  await replica.close();
});
