/** Who takes part in promise 11: a victim, somebody who would be the victim, and a spy who tells what went where. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Role, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import type { Attacker, RawMessage } from '@keytrail/nats/drill';
import { gatewayApi } from '../gateway-api.js';
import { enroll, enter, issueToken, type Person } from './presence.js';
import type { TriedSystem } from './tried-system.js';

/** Where the victim's secret is, and where the attacker's own. */
export const WORKSPACE = 'promise-11';
export const OWN_WORKSPACE = 'promise-11-mallory';
export const REFERENCE = `tenant.${WORKSPACE}.openai.prod`;
export const OWN_REFERENCE = `tenant.${OWN_WORKSPACE}.openai.prod`;

/** Somebody whom the issuer of JWTs knows as `subject`. */
export interface Known extends Person {
  readonly subject: string;
}

export interface Cast {
  readonly system: TriedSystem;
  readonly victim: Known;
  readonly mallory: Known;
  /** Tokens of hers that are good for nothing any more. */
  readonly revokedToken: string;
  readonly expiredToken: string;
  /** Who may list events, and therefore read them on the bus. */
  readonly analyst: Known;
  /** Hears all requests and replies, and remembers on which subjects there were any. */
  readonly spy: Attacker;
  readonly heard: ReadonlySet<string>;
}

const EXPIRES_MS = 1_000;

export async function assembleCast(system: TriedSystem): Promise<Cast> {
  const api = gatewayApi(system);
  for (const slug of [WORKSPACE, OWN_WORKSPACE]) await api.post('/workspaces', { slug });
  for (const reference of [REFERENCE, OWN_REFERENCE])
    await api.post('/secrets', { reference, value: { text: reference } });
  const known = async (subject: string, role: Role, workspace: string): Promise<Known> => {
    const outsideName = { issuer: system.issuer.url, subject };
    return { subject, ...(await enroll(api, { displayName: subject, outsideName, role, workspace })) };
  };
  const victim = await known('victim', 'service', WORKSPACE);
  const mallory = await known('mallory', 'service', OWN_WORKSPACE);
  const analyst = await known('analyst', 'security_analyst', SYSTEM_WORKSPACE);
  const revoked = await issueToken(api, mallory.principal);
  await api.post(`/access/tokens/${revoked.tokenId}/revoke`, {});
  const expiresAt = new Date(Date.now() + EXPIRES_MS).toISOString();
  const expired = await issueToken(api, mallory.principal, { expiresAt });
  await sleep(EXPIRES_MS);
  const heard = new Set<string>();
  const spy = await enter(system, { seed: system.intruders().rpc.seed });
  await spy.listen('>', ({ subject }: RawMessage) => heard.add(subject));
  const [revokedToken, expiredToken] = [revoked.token as string, expired.token as string];
  return { system, victim, mallory, analyst, revokedToken, expiredToken, spy, heard };
}
