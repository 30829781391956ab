/** Clear text stays on this machine: where a process may listen and whom it may call without TLS. */

/** Whether a host can only mean this machine; an IPv6 address may stand in brackets. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);

/** `url` is `nats://…` or `tls://…`. */
export const isNatsConfined = (url: string): boolean =>
  url.startsWith('tls://') || isLoopback(URL.parse(url)?.hostname ?? '');

/**
 * Whether a `postgres://` URL leads to this machine, or to a server that has to prove its name: of the modes of libpq
 * `verify-full` alone asks for that.
 */
export function isDatabaseConfined(url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null) return false;
  const { hostname, searchParams } = parsed;
  const modes = searchParams.getAll('sslmode');
  if (modes.length > 0 && modes.every((mode) => mode === 'verify-full')) return true;
  // A `host` among the parameters comes before the one in its place; a path is that of a socket.
  const hosts = [hostname || 'localhost', ...searchParams.getAll('host')];
  return hosts.every((host) => isLoopback(host) || host.startsWith('/'));
}
