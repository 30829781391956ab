/** Workspaces, whoever may something in them, and what they did, as a vault would tell of them, for specs. */
import { Principal, type RpcReply, WhatIfPage, workspaceStream } from '@keytrail/contracts';
import { mintPrincipal, uuidv7 } from '@keytrail/crypto';
import type { MadeEvent, Said } from '../event/audit-event.fixture.js';
import { madeEvent } from '../event/audit-event.fixture.js';
import { aboutPrincipal, bound, registered } from '../principal/principal.fixture.js';

export const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const DECRYPT = 'action == Keytrail::Action::"secret.decrypt"';
export const FORBID_ALL = 'forbid (principal, action, resource);';
/** To whoever looks on, which is everybody here. */
const permit = `permit (principal in Keytrail::Role::"auditor", ${DECRYPT}, resource)`;
export const PERMIT_ALL = `${permit};`;
export const forbidWhen = (condition: string) => `forbid (principal, action, resource) when { ${condition} };`;
export const permitWhen = (condition: string) => `${permit} when { ${condition} };`;

/** Of nobody who obtains anything. */
export const HARMLESS = forbidWhen('principal.own');

/** A workspace, and what is told of it. */
export class Room {
  constructor(readonly slug: string) {}

  reference(key = 'prod', provider = 'openai'): string {
    return `tenant.${this.slug}.${provider}.${key}`;
  }

  created(): MadeEvent {
    return this.told('WorkspaceCreated', { keyId: uuidv7() });
  }

  published(name: string, source: string, version = 1): MadeEvent {
    return this.told('PolicyPublished', { name, version, source });
  }

  withdrawn(name: string, version = 1): MadeEvent {
    return this.told('PolicyWithdrawn', { name, version });
  }

  /** A secret that was obtained, a minute ago if nothing else is said. */
  access(principal: string, said: Said = {}): MadeEvent {
    return madeEvent({
      workspace: this.slug,
      subject: this.reference(),
      time: ago(MINUTE_MS),
      principal,
      ...said,
    });
  }

  /** So many attempts that were refused. */
  denied(principal: string, count: number, said: Said = {}): MadeEvent {
    const data = { reason: 'principal.not_permitted', count };
    return this.access(principal, { name: 'SecretAccessDenied', data, ...said });
  }

  private told(name: string, data: object): MadeEvent {
    const { slug } = this;
    return madeEvent({
      aggregate: 'workspace',
      name,
      workspace: slug,
      subject: slug,
      stream: workspaceStream(slug),
      data,
    });
  }
}

/** Somebody who was registered and looks on, and all that was said of them since. */
export class Somebody {
  readonly events: MadeEvent[] = [];
  readonly principal = Principal.parse(mintPrincipal());

  constructor() {
    const looksOn = { role: 'auditor', workspace: '_system' };
    this.events.push(registered(this.principal, 'Somebody'), bound(this.principal, looksOn));
  }

  bound(role: string, { slug }: Room): this {
    this.events.push(bound(this.principal, { role, workspace: slug }));
    return this;
  }

  granted(pattern: string, conditions: object = {}): this {
    return this.told('GrantGiven', { grantId: uuidv7(), pattern, permissions: ['secret.decrypt'], ...conditions });
  }

  told(name: string, data: object = {}): this {
    this.events.push(aboutPrincipal(this.principal, name, { data }));
    return this;
  }
}

/** The page in a reply. */
export function pageIn(reply: RpcReply<WhatIfPage>): WhatIfPage {
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return WhatIfPage.parse(reply.value);
}
export const newlyDenied = (change: object) => ({ current: 'allowed', proposed: 'denied', ...change });
export const newlyAllowed = (change: object) => ({ current: 'denied', proposed: 'allowed', ...change });
