/** Who takes part in promise 12: a victim with a secret, somebody else with a token, and whoever owns the bus. */
import type { Attacker } from '@keytrail/nats/drill';
import { canarySecret } from '@keytrail/testing';
import { gatewayApi } from '../gateway-api.js';
import { enroll, enter, type Person } from './presence.js';
import type { TriedSystem } from './tried-system.js';

export const WORKSPACE = 'promise-12';
export const REFERENCE = `tenant.${WORKSPACE}.openai.prod`;

export interface Cast {
  readonly system: TriedSystem;
  /** What the victim's secret is. */
  readonly value: string;
  readonly victim: Person;
  readonly mallory: Person;
  /** Whoever may do everything where requests are, and where events are. */
  readonly intruder: Attacker;
  readonly eventsIntruder: Attacker;
  close(): Promise<void>;
}

export async function assembleCast(system: TriedSystem, seed: string): Promise<Cast> {
  const api = gatewayApi(system);
  const value = canarySecret('openai', `${seed}/victim`);
  await api.post('/workspaces', { slug: WORKSPACE });
  await api.post('/secrets', { reference: REFERENCE, value: { text: value } });
  const victim = await enroll(api, { displayName: 'victim of forgery', role: 'service', workspace: WORKSPACE });
  const mallory = await enroll(api, { displayName: 'forger', role: 'service', workspace: 'elsewhere' });
  const { rpc, events } = system.intruders();
  const intruder = await enter(system, { seed: rpc.seed });
  const eventsIntruder = await enter(system, { seed: events.seed });
  const close = async () => {
    await intruder.close();
    await eventsIntruder.close();
  };
  return { system, value, victim, mallory, intruder, eventsIntruder, close };
}
