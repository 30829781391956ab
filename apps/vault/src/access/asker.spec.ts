/** Whether somebody may ask at all, before anything is looked at that they ask about. */
import { Decisions, NO_WORKSPACE, type RegisteredPrincipal } from '@keytrail/access';
import { describe, expect, it } from '@jest/globals';
import type { Principal, Reference, Role, Scope, TokenId, Workspace } from '@keytrail/contracts';
import { type Asker, judgeAsker } from './asker.js';

const decisions = new Decisions();
const workspace = 'acme' as Workspace;
const reference = 'tenant.acme.openai.prod' as Reference;
const tokenId = '000000000001' as TokenId;
const noon = Date.parse('2026-01-31T12:00:00.000Z');
const at = (ms: number) => new Date(ms).toISOString();

let revision = 0;
/** Each time at a revision of its own, for decisions are remembered by it. */
const asker = (rest: Partial<RegisteredPrincipal> = {}, shown: TokenId | null = null): Asker => {
  const registered = { kind: 'service', nkey: null, suspended: false, quarantine: null } as const;
  const state = { exists: true, ...registered, roles: [], grants: [], tokens: [], ...rest } as const;
  return {
    principal: 'p'.repeat(26) as Principal,
    tokenId: shown,
    standing: { stream: 'principal-p', revision: ++revision, state },
    workspace,
    room: { stream: 'workspace-acme', revision: 1, state: { ...NO_WORKSPACE, exists: true } },
  };
};
const holding = (role: Role, within: string) => ({ roles: [{ role, workspace: within as Workspace }] });
const service = holding('service', 'acme');
const token = (rest: object = {}) => ({ ...service, tokens: [{ tokenId, revoked: false, ...rest }] });
const scoped = (...scopes: string[]) => token({ scopes: scopes as unknown as Scope[] });

const judge = (of: Asker, nowMs = noon) =>
  judgeAsker(decisions, of, { permission: 'secret.decrypt', reference, circumstances: { nowMs } });

describe('somebody may ask', () => {
  it.each([
    ['as a service of this workspace', asker(service)],
    ['as a service of all workspaces', asker(holding('service', '_system'))],
    ['with a token for decrypting', asker(scoped('secret.decrypt'), tokenId)],
    ['with a token for whatever concerns secrets', asker(scoped('secret.*'), tokenId)],
    ['once their quarantine is over', asker({ ...service, quarantine: until(noon) })],
  ])('%s', (_, of) => {
    expect(judge(of)).toMatchObject({ permitted: true, decidedBy: ['role:service'] });
  });

  it('for as long as their token lasts', () => {
    expect(judge(asker(token({ expiresAt: at(noon + 1) }), tokenId))).toMatchObject({ validUntilMs: noon + 1 });
    expect(judge(asker(service))).toMatchObject({ validUntilMs: null });
  });
});

function until(ms: number | null) {
  return { principal: null, until: ms === null ? null : at(ms), releaseRequestedBy: null };
}

it.each([
  ['principal.not_permitted', 'a service of another workspace', asker(holding('service', 'globex'))],
  ['principal.not_permitted', 'an administrator', asker(holding('internal_admin', '_system'))],
  ['principal.not_permitted', 'an analyst', asker(holding('security_analyst', '_system'))],
  ['credential.out_of_scope', 'a token for something else', asker(scoped('secret.get'), tokenId)],
  ['principal.quarantined', 'somebody in quarantine', asker({ ...service, quarantine: until(null) })],
  ['principal.quarantined', 'somebody in quarantine for a while', asker({ ...service, quarantine: until(noon + 1) })],
  ['principal.suspended', 'somebody suspended', asker({ ...service, suspended: true, quarantine: until(null) })],
  ['credential.revoked', 'a revoked token', asker(token({ revoked: true }), tokenId)],
  ['credential.revoked', 'a token that is not known', asker(service, tokenId)],
  ['credential.expired', 'an expired token', asker(token({ expiresAt: at(noon) }), tokenId)],
] as const)('%s is what is said to %s', (reason, _, of) => {
  expect(judge(of)).toMatchObject({ permitted: false, reason });
});

it('nobody who was never registered may ask', () => {
  const nobody = { ...asker(), standing: { stream: 'principal-p', revision: 0, state: { exists: false } as const } };
  expect(judge(nobody)).toMatchObject({ permitted: false, reason: 'principal.not_permitted' });
});
