/** How a process makes sure that nats-server is the right one. */

/** An environment that was parsed. */
interface BusEnvironment {
  readonly KEYTRAIL_NATS_URL: string;
  readonly KEYTRAIL_NATS_CA_FILE?: string | undefined;
}

/** What every connection to it is opened with; the client itself reads nothing from the scheme of a URL. */
export function busTlsOf({ KEYTRAIL_NATS_URL: url, KEYTRAIL_NATS_CA_FILE: caFile }: BusEnvironment) {
  if (!url.startsWith('tls://') && caFile === undefined) return {};
  return { tls: caFile === undefined ? {} : { caFile } };
}
