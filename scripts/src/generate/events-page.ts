/** `docs/events.md`: every event that Keytrail records, from the very schemas of the catalogue. */
import {
  cloudEventType,
  EventBody,
  EventDetail,
  eventSubject,
  EVENTS,
  SERVICES,
  streamName,
  type EventDeclaration,
  type Service,
} from '@keytrail/contracts';
import { paragraph, table } from './markdown.js';
import { jsonSchemaOf, wordsFor } from './schema-words.js';

const BODY: Readonly<Record<keyof EventBody, string>> = {
  specversion: 'of CloudEvents',
  id: 'names the event; equal ids are the same event',
  source: 'the service that recorded it',
  type: 'what has happened',
  subject: 'the reference, or the id, of what it has happened to',
  time: "the journal's clock",
  workspace: 'whom it belongs to; `_system` where it belongs to nobody',
  stream: 'the aggregate whose history it is part of',
  revision: 'its place in that history, from 1; an access has none',
  principal: 'who did it',
  via: "who passed the request on in the principal's name",
  requestid: 'the request that caused it',
  commandid: 'the `Idempotency-Key` of that request',
  commanddigest: 'what that request asked for, so that a key cannot serve two',
  traceparent: 'the trace that it belongs to',
  detaildigest: 'binds the detail: SHA-256 of salt and detail',
  data: 'what the event itself says: see below',
};

const DETAIL: Readonly<Record<keyof EventDetail, string>> = {
  ip: 'where the request came from',
  userAgent: 'what the caller called itself',
  names: 'names of the outside world',
  text: 'free text, such as a purpose or a reason',
};

const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['content-type', '`application/cloudevents+json`'],
  ['ce-id', "the event's id"],
  ['Nats-Msg-Id', "the event's id"],
  ['kt-ordinal', "the event's place in the order of its service: the sequence of the message"],
  ['kt-detail', 'detail and salt as base64url JSON; absent once erased'],
  ['traceparent', 'the publication, where the service traces'],
];

/** The whole page, formatted as Prettier would. */
export function eventsPage(): string {
  const declared = Object.entries<EventDeclaration>(EVENTS);
  const services = SERVICES.filter((service) => declared.some(([, event]) => event.service === service));
  const blocks = [
    '# Events',
    '_Made from `libs/contracts/src/catalogue.ts` by `npm run check -- --fix`: change that, not this._',
    paragraph(
      'An event is a fact: what is recorded here has happened, and is never changed. It consists of a **body**, which ' +
        'has ids only and is kept for ever, and a **detail**, which has what somebody may want forgotten, and can be erased.',
    ),
    overview(declared),
    ...envelope(),
    ...transport(),
    ...services.flatMap((service) => chapter(service, declared)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

type Declared = readonly (readonly [name: string, event: EventDeclaration])[];

function overview(declared: Declared): string {
  const rows = declared.map(([name, { service, action, says }]) => [
    `[${name}](#${name.toLowerCase()})`,
    service,
    `\`${action}\``,
    says,
  ]);
  return table(['event', 'recorded by', 'action in the audit', 'what has happened'], rows);
}

function envelope(): readonly string[] {
  return [
    '## Body',
    'A CloudEvent 1.0 in structured form, at most 32 KiB, stored and published as its canonical JSON (RFC 8785).',
    fields(EventBody, BODY),
    '## Detail',
    paragraph(
      'Canonical JSON beside a random salt. The body holds the SHA-256 of both, so that a detail cannot be changed, and ' +
        'one that is erased breaks no proof.',
    ),
    fields(EventDetail, DETAIL),
  ];
}

function transport(): readonly string[] {
  const address = { service: '<service>', workspace: '<workspace>', aggregate: '<aggregate>', type: '<EventType>' };
  return [
    '## On the bus',
    paragraph(
      "Each service has a JetStream stream of its own, into which its relay copies its journal: the n-th event is the stream's " +
        `n-th message. Its payload is the body, its subject \`${eventSubject(address)}\`.`,
    ),
    table(
      ['header', 'value'],
      HEADERS.map(([name, value]) => [`\`${name}\``, value]),
    ),
  ];
}

function chapter(service: Service, declared: Declared): readonly string[] {
  const own = declared.filter(([, event]) => event.service === service);
  return [
    `## Recorded by ${service}`,
    paragraph(
      `In the stream \`${streamName(service)}\`. The fields are those of \`data\`; whoever reads them passes over fields ` +
        'that it does not know.',
    ),
    ...own.flatMap(([name, event]) => section(name, event)),
  ];
}

function section(name: string, { service, aggregate, action, says, data }: EventDeclaration): readonly string[] {
  const subject = eventSubject({ service, workspace: '<workspace>', aggregate, type: name });
  const hasFields = Object.keys(data.shape).length > 0;
  return [
    `### ${name}`,
    says,
    [
      `- type \`${cloudEventType(aggregate, name)}\``,
      `- subject on the bus \`${subject}\``,
      `- action \`${action}\``,
    ].join('\n'),
    hasFields ? fields(data) : 'It has no data.',
  ];
}

/** A table of an object's fields, with their meaning where it is told. */
function fields(schema: EventDeclaration['data'], meaning?: Readonly<Record<string, string>>): string {
  const { properties = {}, required = [] } = jsonSchemaOf(schema);
  const rows = Object.entries(properties).map(([name, property]) => [
    `\`${name}\``,
    wordsFor(property),
    required.includes(name) ? 'yes' : 'no',
    ...(meaning ? [meaning[name] ?? ''] : []),
  ]);
  return table(['field', 'type', 'required', ...(meaning ? ['meaning'] : [])], rows);
}
