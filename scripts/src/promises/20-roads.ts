/** Puts the questions on permissions to a running system: each person, process and token by roads of its own. */
import { localKeys } from '../local-keys.js';
import { gatewayRequester, type Requester, tokenRequester } from '../requester.js';
import { stateFolder } from '../state-folder.js';
import { type Ask, askPatiently, overHttp, overNats, processRequester } from './20-asking.js';
import type { AskedCell } from './20-least-privilege.judge.js';
import { enrollCast, enrollScoped, type RolePerson, type Stage } from './20-people.js';
import {
  administratorOf,
  type Asking,
  type Askings,
  labelOf,
  OF_SCOPES,
  OWN,
  type Own,
  type Road,
  SCOPES,
} from './20-permissions.js';
import { BYSTANDERS, WORKSPACES } from './20-questions.js';
import { inLanes } from './patiently.js';
import type { TriedSystem } from './tried-system.js';

const LANES = 12;

/** Roads by whose they are. */
type Roads = ReadonlyMap<string, Readonly<Partial<Record<Road, Ask>>>>;

interface Site {
  readonly system: TriedSystem;
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

/** Asks everything, part by part. */
export async function askAll(site: Site, askings: Askings): Promise<readonly AskedCell[]> {
  const opened: Requester[] = [];
  const open = async (opening: Promise<Requester>) => {
    const requester = await opening;
    opened.push(requester);
    return requester;
  };
  try {
    return [
      ...(await put(site, askings.roles, await roadsOfCast(site, open))),
      ...(await put(site, askings.processes, await roadsOfProcesses(site, open))),
      ...(await put(site, askings.scopes, await roadsOfScopes(site, open))),
    ];
  } finally {
    await Promise.all(opened.map((requester) => requester.close()));
  }
}

async function put({ stage, signal }: Site, askings: readonly Asking[], roads: Roads): Promise<readonly AskedCell[]> {
  const asked: AskedCell[] = [];
  await inLanes(askings.length, LANES, async (n) => {
    signal.throwIfAborted();
    const { question, place, road, ...cell } = askings[n] as Asking;
    const ask = roads.get(cell.who)?.[road];
    if (ask === undefined) throw new Error(`${cell.who} has no road ${road}`);
    const of = { ...stage, workspace: WORKSPACES[place] };
    let attempts = 0;
    const told = () => ask(question, { ...of, fresh: `${cell.part}_${n}_${++attempts}` });
    asked.push(await askPatiently(cell, told));
  });
  return asked;
}

type Open = (opening: Promise<Requester>) => Promise<Requester>;

async function roadsOfCast({ system }: Site, open: Open): Promise<Roads> {
  const gateway = await open(processRequester(system, localKeys(stateFolder(system.dir)).identities.gateway.rpc));
  const roadsTo = async ({ token, principal, ...asker }: RolePerson) => {
    const name = labelOf(asker);
    const roads = {
      'in a session of its own': overNats(await open(tokenRequester(system, { name, token }))),
      'by the gateway': overNats(gateway, { onBehalfOf: principal }),
      'over HTTP': overHttp(system, token),
    };
    return [name, roads] as const;
  };
  return new Map(await Promise.all((await enrollCast(system)).map(roadsTo)));
}

/** The gateway decides in others' names and never in its own: it is asked of somebody who may. */
async function roadsOfProcesses({ system }: Site, open: Open): Promise<Roads> {
  const { gateway, rotation, audit, anomaly, vault } = localKeys(stateFolder(system.dir)).identities;
  const keys = { gateway, 'rotation-scheduler': rotation, audit, 'anomaly-detector': anomaly, vault };
  const admin = overNats(await open(gatewayRequester(system)));
  const roadsTo = async (name: Own) => {
    const { rpc } = keys[name];
    const requester = await open(processRequester(system, rpc));
    const own = overNats(requester);
    const deciding = { onBehalfOf: system.adminPrincipal, body: { permission: 'workspace.get' } };
    const decide = overNats(requester, deciding);
    const ask: Ask = (question, of) =>
      name === 'gateway' && question.permission === 'access.decide' ? decide(question, of) : own(question, of);
    const toIt: Ask = (question, of) => admin(question, { ...of, bystanders: allOf(rpc.principal) });
    const roads: readonly (readonly [string, Partial<Record<Road, Ask>>])[] = [
      [name, { 'in a session of its own': ask }],
      [administratorOf(name), { 'by the gateway': toIt }],
    ];
    return roads;
  };
  return new Map((await Promise.all(OWN.map(roadsTo))).flat());
}

const allOf = (principal: string) =>
  Object.fromEntries(BYSTANDERS.map((name) => [name, principal])) as Stage['bystanders'];

async function roadsOfScopes({ system }: Site, open: Open): Promise<Roads> {
  const tokens = await enrollScoped(system, OF_SCOPES, SCOPES);
  const roadsTo = async ([scope, token]: readonly [string, string]) => {
    const own = overNats(await open(tokenRequester(system, { name: scope, token })));
    return [scope, { 'in a session of its own': own, 'over HTTP': overHttp(system, token) }] as const;
  };
  return new Map(await Promise.all([...tokens].map(roadsTo)));
}
