/** Sessions: the keys and MACs after the protocol's text, and whoever changes a request or a reply on its way. */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecryptionFailed } from './decryption-failed.js';
import { mintKey, takeKey, type KeyObject } from './key.js';
import {
  exportSessionKeys,
  importSessionKeys,
  isRequestMac,
  nkeyStatement,
  openReply,
  requestMac,
  sealReply,
  sessionKeys,
  sessionSecret,
  type ReplyPlace,
  type RequestPlace,
} from './session.js';

/** The protocol's fields, once more: each in UTF-8 behind its length in 4 bytes. */
function fields(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );
}

const hmac = (key: Buffer, ...parts: Buffer[]) => createHmac('sha256', key).update(Buffer.concat(parts)).digest();
const bytesOf = (key: KeyObject) => key.export();

const place: RequestPlace = {
  session: '0190a1b2-0000-7000-8000-000000000001',
  counter: '12',
  subject: 'rpc.vault.p.c.acme.secret.decrypt',
  reply: '_R.p.c.1',
  requestId: 'r-1',
  deadline: '1790000000000',
  commandId: 'c-1',
  onBehalfOf: 'somebody',
  edge: 'e30',
  traceparent: '00-a-b-01',
};
const body = Buffer.from('{"reference":"tenant.acme.openai.prod"}');
const key = mintKey();

/** Short texts over few characters, so that two fields are often one another's beginnings. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\0', 'ü'), maxLength: 3 });
const bytes = fc.uint8Array({ maxLength: 40 });
const places = fc.record({
  session: text,
  counter: text,
  subject: text,
  reply: text,
  requestId: text,
  deadline: text,
  commandId: text,
  onBehalfOf: text,
  edge: text,
  traceparent: text,
}) satisfies fc.Arbitrary<RequestPlace>;
const FIELDS = Object.keys(place) as (keyof RequestPlace)[];
const REPLY_FIELDS = ['session', 'counter', 'subject', 'reply'] as const satisfies readonly (keyof ReplyPlace)[];

function flipped(bytesToSpoil: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytesToSpoil);
  const at = bit % (copy.length * 8);
  copy[at >> 3]! ^= 1 << (at & 7);
  return copy;
}

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

describe('session keys', () => {
  const secret = Buffer.alloc(32, 3);
  const derived = sessionKeys(takeKey(Buffer.from(secret)), 'vault');

  it('are the first block of HKDF-Expand, by label and service', () => {
    const expand = (label: string) => hmac(secret, fields(label, 'vault'), Buffer.of(1));
    expect(bytesOf(derived.request)).toEqual(expand('keytrail/request-key/v1'));
    expect(bytesOf(derived.reply)).toEqual(expand('keytrail/reply-key/v1'));
  });

  it('differ by session, service and direction', () => {
    const others = [
      derived,
      sessionKeys(takeKey(Buffer.from(secret)), 'audit'),
      sessionKeys(takeKey(Buffer.from(secret)), ''),
      sessionKeys(takeKey(Buffer.alloc(32, 4)), 'vault'),
    ];
    const all = others.flatMap(({ request, reply }) => [request, reply].map((of) => bytesOf(of).toString('hex')));
    expect(new Set(all).size).toBe(8);
  });

  it('come from the export for sessions, which is zeroed', () => {
    const exported = Buffer.from(secret);
    const contexts: string[] = [];
    const made = sessionSecret((context) => {
      contexts.push(context);
      return exported;
    });
    expect(bytesOf(made)).toEqual(secret);
    expect({ contexts, exported }).toEqual({ contexts: ['keytrail/session-secret/v1'], exported: Buffer.alloc(32) });
  });

  it('are told to another service and read there', () => {
    const told = exportSessionKeys(derived);
    const read = importSessionKeys(told);
    expect(told.requestKey).toMatch(/^[\w-]{43}$/);
    expect([bytesOf(read.request), bytesOf(read.reply)]).toEqual([bytesOf(derived.request), bytesOf(derived.reply)]);
    expect(() => importSessionKeys({ ...told, replyKey: told.replyKey.slice(4) })).toThrow(TypeError);
  });
});

describe('what an nkey signs', () => {
  const statement = nkeyStatement({ enc: 'an-enc', subject: 'a.subject' });

  it('is bound to the set-up', () => {
    expect(statement.subarray(1)).toEqual(fields('keytrail/session-nkey/v1', 'an-enc', 'a.subject'));
  });

  it('is no text, hence no nonce of nats-server', () => {
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(statement)).toThrow();
  });
});

describe('a request', () => {
  it('has the MAC that the protocol says', () => {
    const told = fields('keytrail/request/v1', ...FIELDS.map((field) => place[field]));
    expect(requestMac(key, place, body)).toBe(hmac(bytesOf(key), told, body).toString('base64url'));
  });

  it('passes as it was sent', () => {
    fc.assert(
      fc.property(places, bytes, (at, of) => isRequestMac(key, { mac: requestMac(key, at, of), place: at, body: of })),
    );
  });

  it('does not pass in another place', () => {
    fc.assert(
      fc.property(places, places, bytes, (at, other, of) => {
        expect(isRequestMac(key, { mac: requestMac(key, at, of), place: other, body: of })).toBe(isSame(at, other));
      }),
      { numRuns: 300 },
    );
  });

  it.each(FIELDS)('does not pass with another %s', (field) => {
    fc.assert(
      fc.property(places, text, bytes, (at, other, of) => {
        const changed = { ...at, [field]: other };
        expect(isRequestMac(key, { mac: requestMac(key, at, of), place: changed, body: of })).toBe(isSame(at, changed));
      }),
    );
  });

  it('does not pass with a character moved between two fields, two fields swapped, or one moved to the body', () => {
    const mac = requestMac(key, place, body);
    const pairs = FIELDS.flatMap((a) => FIELDS.filter((b) => b !== a).map((b) => [a, b] as const));
    for (const [a, b] of pairs) {
      const moved = { ...place, [a]: place[a].slice(0, -1), [b]: place[a].slice(-1) + place[b] };
      const swapped = { ...place, [a]: place[b], [b]: place[a] };
      for (const other of [moved, swapped]) expect(isRequestMac(key, { mac, place: other, body })).toBe(false);
    }
    const shortened = { ...place, traceparent: '' };
    const joined = Buffer.concat([Buffer.from(place.traceparent), body]);
    expect(isRequestMac(key, { mac, place: shortened, body: joined })).toBe(false);
  });

  it('does not pass with any bit of its body flipped, cut off or lengthened', () => {
    const mac = requestMac(key, place, body);
    for (let bit = 0; bit < body.length * 8; bit++)
      expect(isRequestMac(key, { mac, place, body: flipped(body, bit) })).toBe(false);
    for (let length = 0; length < body.length; length++)
      expect(isRequestMac(key, { mac, place, body: body.subarray(0, length) })).toBe(false);
    expect(isRequestMac(key, { mac, place, body: Buffer.concat([body, Buffer.of(0)]) })).toBe(false);
  });

  it('does not pass with any other MAC, nor with its own spelled otherwise', () => {
    const mac = requestMac(key, place, body);
    const raw = Buffer.from(mac, 'base64url');
    const others = [
      ...Array.from({ length: 256 }, (_, bit) => flipped(raw, bit).toString('base64url')),
      ...Array.from(mac, (_, length) => mac.slice(0, length)),
      ...['=', 'A', '\0'].map((more) => mac + more),
      mac.slice(0, -1) + String.fromCharCode(mac.charCodeAt(42) + 1),
      ` ${mac}`,
      '\ud800',
    ];
    for (const other of others) expect(isRequestMac(key, { mac: other, place, body })).toBe(false);
  });

  it('does not pass for another session or another service', () => {
    const [vault, audit] = ['vault', 'audit'].map((service) => sessionKeys(key, service));
    const mac = requestMac(vault!.request, place, body);
    for (const other of [audit!.request, vault!.reply, mintKey()])
      expect(isRequestMac(other, { mac, place, body })).toBe(false);
  });
});

describe('a reply', () => {
  const reply = Buffer.from('{"ok":true,"value":"a canary, not a key"}');
  const sealed = sealReply(key, place, reply);

  function expectNothing(at: ReplyPlace, of: Uint8Array, under = key): void {
    expect(() => openReply(under, at, of)).toThrow(DecryptionFailed);
  }

  it('opens where its request was asked, whatever it says', () => {
    fc.assert(fc.property(places, bytes, (at, of) => openReply(key, at, sealReply(key, at, of)).equals(of)));
  });

  it('that is a text opens to its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (said) => {
        expect(openReply(key, place, sealReply(key, place, said)).toString()).toBe(said);
      }),
    );
  });

  it('is a nonce, never the same, the ciphertext and the tag', () => {
    expect(sealed).toHaveLength(12 + reply.length + 16);
    const nonces = Array.from({ length: 100 }, () => sealReply(key, place, reply).toString('hex', 0, 12));
    expect(new Set(nonces).size).toBe(100);
  });

  it.each(REPLY_FIELDS)('does not open with another %s', (field) => {
    fc.assert(
      fc.property(places, text, (at, other) => {
        fc.pre(at[field] !== other);
        expectNothing({ ...at, [field]: other }, sealReply(key, at, reply));
      }),
    );
  });

  it('does not open with a character moved between two fields, or two fields swapped', () => {
    const pairs = REPLY_FIELDS.flatMap((a) => REPLY_FIELDS.filter((b) => b !== a).map((b) => [a, b] as const));
    for (const [a, b] of pairs) {
      expectNothing({ ...place, [a]: place[a].slice(0, -1), [b]: place[a].slice(-1) + place[b] }, sealed);
      expectNothing({ ...place, [a]: place[b], [b]: place[a] }, sealed);
    }
  });

  it('does not open with any bit flipped, cut off at any place, lengthened, or empty', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) expectNothing(place, flipped(sealed, bit));
    for (let at = 0; at < sealed.length; at++) {
      expectNothing(place, sealed.subarray(0, at));
      expectNothing(place, sealed.subarray(at + 1));
    }
    expectNothing(place, Buffer.concat([sealed, Buffer.of(0)]));
  });

  it('does not open for another session or another service', () => {
    const [vault, audit] = ['vault', 'audit'].map((service) => sessionKeys(key, service));
    const ofVault = sealReply(vault!.reply, place, reply);
    for (const other of [audit!.reply, vault!.request, mintKey()]) expectNothing(place, ofVault, other);
  });
});
