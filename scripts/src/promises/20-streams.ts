/** What may be asked of streams and durables on the bus, by the document; none of the questions does anything. */
import { durableName, type Service } from '@keytrail/contracts';
import type { RawMessage } from '@keytrail/nats/drill';
import { isYes, listIn, type Row, tablesUnder } from './20-matrix.js';

const HEADING = 'What services may on the bus';

/** Somebody with a connection. `service`: one of those that have streams, with its key to the events. */
export interface BusAsker {
  readonly name: string;
  readonly service?: Service;
  /** Of a reader of events: its principal. */
  readonly reader?: string;
}

interface Durable {
  readonly stream: string;
  readonly name: string;
  /** Whose it is; null where it is nobody's. */
  readonly service: Service | null;
  readonly reader: string | null;
}

/** A question to the bus. */
export interface BusQuestion {
  readonly what: string;
  readonly message: Pick<RawMessage, 'subject' | 'headers' | 'body'>;
  readonly allowed: (asker: BusAsker) => boolean;
}

/** What is no request of JetStream's: whoever may ask is told so, and nothing is done. */
const NONSENSE = Buffer.from('{drill');
/** Of a message that nobody waits for: that it is being worked on. */
const WORK_IN_PROGRESS = Buffer.from('+WPI');
const NEVER = '1.999999999.999999999.0.0';

const asked = (subject: string, body: Buffer = NONSENSE, headers: RawMessage['headers'] = {}) => ({
  subject,
  headers,
  body,
});

/** Under `$JS.<domain>` for whoever is in another account than the streams. */
const api = (rest: string, domain = ''): string => `$JS.${domain}API.${rest}`;
const DOMAIN = 'EVENTS.';

interface Stream {
  readonly name: string;
  readonly filledBy: readonly string[];
  readonly followedBy: readonly string[];
}

function streamsIn(document: string): readonly Stream[] {
  const [rows = []] = tablesUnder(document, HEADING);
  return rows.map((row) => ({
    name: row['stream'] ?? '',
    filledBy: listIn(row['filled by'] ?? ''),
    followedBy: listIn(row['followed by'] ?? ''),
  }));
}

/** All there is to ask; `readers` are principals who may read all events. */
export function busQuestionsIn(document: string, readers: readonly string[]): readonly BusQuestion[] {
  const [, ofStreams = [], ofDurables = []] = tablesUnder(document, HEADING);
  const streams = streamsIn(document);
  return [
    ...streams.flatMap((stream) => ofStreams.map((row) => questionOnStream(stream, row))),
    ...streams.flatMap((stream) =>
      durablesOn(stream, readers).flatMap((durable) => ofDurables.flatMap((row) => questionsOnDurable(durable, row))),
    ),
    ...['STREAM.NAMES', 'STREAM.LIST', 'INFO', 'STREAM.CREATE.DRILL', 'STREAM.DELETE.DRILL'].flatMap((verb) =>
      ['', DOMAIN].map((domain) => {
        const subject = api(verb, domain);
        return { what: subject, message: asked(subject), allowed: () => false };
      }),
    ),
  ];
}

function questionOnStream({ name, filledBy, followedBy }: Stream, row: Row): BusQuestion {
  const verb = row['asked of a stream'] ?? '';
  const allowed = ({ service }: BusAsker): boolean => {
    const isOf = (list: readonly string[]) => service !== undefined && list.includes(service);
    if (isOf(filledBy)) return isYes(row['who fills it']);
    return isYes(row[isOf(followedBy) ? 'who follows it' : 'anybody else']);
  };
  if (verb !== 'publish') return { what: `${verb} of ${name}`, message: asked(api(`${verb}.${name}`)), allowed };
  const subject = `evt.${name.toLowerCase()}.promise-20.drill.Drill`;
  return {
    what: `publish to ${name}`,
    message: asked(subject, NONSENSE, { 'Nats-Expected-Stream': 'NOBODY' }),
    allowed,
  };
}

/** Those of services, those of readers, and one that nobody has. */
function durablesOn({ name: stream, followedBy }: Stream, readers: readonly string[]): readonly Durable[] {
  const ofServices = followedBy.map((service) => ({
    stream,
    name: durableName(service, stream.toLowerCase()),
    service: service as Service,
    reader: null,
  }));
  const ofReaders = readers.map((reader) => ({ stream, name: `events-${reader}`, service: null, reader }));
  return [...ofServices, ...ofReaders, { stream, name: 'drill', service: null, reader: null }];
}

/** By the subjects of JetStream's own account, where readers are not, and by those of its domain, where they are. */
function questionsOnDurable(durable: Durable, row: Row): readonly BusQuestion[] {
  const verb = row['asked of a durable'] ?? '';
  const { stream, name } = durable;
  const mayAsk = ({ service, reader }: BusAsker): boolean => {
    if (service !== undefined && durable.service === service) return isYes(row['its service']);
    if (reader !== undefined && durable.reader === reader) return isYes(row['its reader']);
    const isOfReaders = service === 'vault' && durable.service === null;
    return isYes(row[isOfReaders ? 'the vault, of readers' : 'anybody else']);
  };
  const what = `${verb} of ${name} on ${stream}`;
  if (verb === 'acknowledge')
    return [{ what, message: asked(`$JS.ACK.${stream}.${name}.${NEVER}`, WORK_IN_PROGRESS), allowed: mayAsk }];
  const isByDomain = ({ reader }: BusAsker) => reader !== undefined;
  return ['', DOMAIN].map((domain) => ({
    what: domain === '' ? what : `${what} by way of the domain`,
    message: asked(api(`${verb}.${stream}.${name}`, domain)),
    allowed: (asker) => isByDomain(asker) === (domain !== '') && mayAsk(asker),
  }));
}

/** What nobody may listen to. */
export const EARS = ['>', 'evt.>', 'rpc.>', 'rpc.vault.>', '_R.>', '_INBOX.>', '$JS.>', 'notify.>'] as const;
