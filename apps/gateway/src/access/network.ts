/** Who shares an address: one machine has an IPv4 address, but 2^64 of IPv6. */
import { isIPv6 } from 'node:net';

/** An IPv4 address as it is, of an IPv6 address its /64. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = withoutZone(address).split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail?.split(':').filter(Boolean) ?? [];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  const prefix = [...groups, ...zeros, ...rest].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}

const withoutZone = (address: string): string => address.replace(/%.*$/, '');
