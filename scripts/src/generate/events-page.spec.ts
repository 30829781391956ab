/** The page of the events has all that the catalogue has, in words for people. */
import { EVENTS, type EventDeclaration } from '@keytrail/contracts';
import { describe, expect, it } from '@jest/globals';
import { eventsPage } from './events-page.js';

const page = eventsPage();

/** What stands below the heading of an event. */
const sectionOf = (name: string): string => page.split(/^##+ /m).find((text) => text.startsWith(`${name}\n`)) ?? '';

describe('the page of the events', () => {
  it.each(Object.entries<EventDeclaration>(EVENTS))('has %s with its sentence and all its fields', (name, event) => {
    const section = sectionOf(name);
    expect(section).toContain(event.says);
    expect(section).toContain(`\`keytrail.${event.aggregate}.${name}.v1\``);
    expect(section).toContain(`\`evt.${event.service}.<workspace>.${event.aggregate}.${name}\``);
    const fields = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, field]) => field);
    expect(fields).toEqual(Object.keys(event.data.shape));
  });

  it('says which fields must be there', () => {
    expect(sectionOf('SecretVersionAdded')).toMatch(/`fingerprint` +\| digest \(hexadecimal\) +\| yes/);
    expect(sectionOf('SecretVersionAdded')).toMatch(/`rotationId` +\| UUIDv7 +\| no/);
    expect(sectionOf('RotationPolicyDeleted')).toContain('It has no data.');
  });

  it('tells what an event has besides: body, detail, subject', () => {
    expect(sectionOf('Body')).toMatch(/`detaildigest` .*\| yes +\| binds the detail/);
    expect(sectionOf('Detail')).toMatch(/`userAgent` +\| text of at most 512 characters \| no/);
    expect(sectionOf('On the bus')).toContain('`evt.<service>.<workspace>.<aggregate>.<EventType>`');
  });
});
