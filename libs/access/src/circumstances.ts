/** What is known of a request beside who asks what: when, from where, and for what. */
import type { CedarRequest } from './cedar.js';
import type { Circumstance } from './expression.js';

export interface Circumstances {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** As the edge or nats-server saw it; null where nobody knows. */
  readonly ip?: string | null | undefined;
  readonly purpose?: string | undefined;
  /** The role that is to be bound or unbound. */
  readonly role?: string | undefined;
}

const MINUTE_MS = 60_000;
const WEEK = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The minute that a moment is of; until it ends, no decision changes by time. */
export const minuteStartMs = (nowMs: number): number => Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
export const minuteEndMs = (nowMs: number): number => minuteStartMs(nowMs) + MINUTE_MS;

/** As the schema declares it. An address that Cedar does not take is none: then no network contains it. */
export function contextOf({ nowMs, ip, purpose, role }: Circumstances): CedarRequest['context'] {
  const now = new Date(minuteStartMs(nowMs));
  const address = addressOf(ip);
  return {
    now: { __extn: { fn: 'datetime', arg: now.toISOString() } },
    minuteOfDay: now.getUTCHours() * 60 + now.getUTCMinutes(),
    weekday: WEEK[now.getUTCDay()] as string,
    ...(address !== null && { ip: { __extn: { fn: 'ip', arg: address } } }),
    ...(purpose !== undefined && { purpose }),
    ...(role !== undefined && { role }),
  };
}

/** The part of the circumstances that a decision has read: equal texts, equal decisions. */
export function keyOf(read: ReadonlySet<Circumstance>, { nowMs, ip, purpose, role }: Circumstances): string {
  if (read.size === 0) return '';
  const parts = [
    read.has('time') ? minuteStartMs(nowMs) : null,
    read.has('ip') ? addressOf(ip) : null,
    read.has('purpose') ? (purpose ?? null) : null,
    read.has('role') ? (role ?? null) : null,
  ];
  return JSON.stringify(parts);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^[0-9a-f:]{2,39}$/i;

/** An IPv4 address is itself, however a socket writes it. */
function addressOf(ip: string | null | undefined): string | null {
  const address = ip?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
  return IPV4.test(address) || (address.includes(':') && isIpv6(address)) ? address : null;
}

/** Eight groups, of which one run of zeros may be left out. */
function isIpv6(address: string): boolean {
  const [head = '', tail, ...more] = address.split('::');
  const groups = [head, tail ?? ''].flatMap((part) => (part === '' ? [] : part.split(':')));
  if (!IPV6.test(address) || more.length > 0 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return tail === undefined ? groups.length === 8 : groups.length < 8;
}
