/** What `connect` is told: as the README says it, from options before the environment, each mistake named. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type ConnectOptions, settingsOf } from './connect-options.js';
import { KUBERNETES_TOKEN_FILE } from './credential.js';
import { KeytrailError } from './keytrail-error.js';

const vaultKey = `kv_${'v'.repeat(43)}`;
const url = 'tls://nats.example:4222';

const mistakesIn = (options: ConnectOptions, env: NodeJS.ProcessEnv = {}): string => {
  try {
    settingsOf(options, env);
  } catch (error) {
    expect(error).toBeInstanceOf(KeytrailError);
    expect(error).toMatchObject({ code: 'request.malformed', retryable: false });
    return (error as KeytrailError).message;
  }
  return '';
};

describe('settings', () => {
  it('have sensible values where nothing is told', () => {
    expect(settingsOf({ url, vaultKey }, {})).toEqual({
      url,
      tls: {},
      vaultKey,
      name: 'keytrail-client',
      patienceMs: 30_000,
      receipts: 1_000,
      coalesce: false,
      retries: true,
    });
  });

  it('are taken from the environment, and from options before it', () => {
    const caFile = import.meta.filename;
    const env = { KEYTRAIL_NATS_URL: url, KEYTRAIL_VAULT_KEY: vaultKey, KEYTRAIL_NATS_CA_FILE: caFile };
    expect(settingsOf({}, env)).toMatchObject({ url, vaultKey, tls: { caFile } });
    const told = { url: 'tls://other:4222', vaultKey: `kv_${'w'.repeat(43)}`, caFile: import.meta.dirname };
    const { caFile: tellsCaFile, ...rest } = told;
    expect(settingsOf(told, env)).toMatchObject({ ...rest, tls: { caFile: tellsCaFile } });
  });

  it('leave out a variable that is empty', () => {
    expect(settingsOf({ url, vaultKey }, { KEYTRAIL_NATS_CA_FILE: '' }).tls).toEqual({});
  });

  it.each(['nats://127.0.0.1:4222', 'nats://localhost:4222', 'nats://[::1]:4222'])(
    'allow clear text to %s',
    (local) => {
      expect(settingsOf({ url: local, vaultKey }, {}).tls).toBeNull();
    },
  );
});

describe('a mistake', () => {
  it.each<[string, ConnectOptions]>([
    ['`url`', { url: 'nats.example:4222', vaultKey }],
    ['`url`', { url: 'nats://billing:password@127.0.0.1:4222', vaultKey }],
    ['clear text', { url: 'nats://nats.example:4222', vaultKey }],
    ['clear text', { url: 'nats://127.0.0.1.example:4222', vaultKey }],
    ['`vaultKey`', { url, vaultKey: 'kv_short' }],
    ['`caFile`', { url, vaultKey, caFile: '/nowhere' }],
    ['`patienceMs`', { url, vaultKey, patienceMs: Number.NaN }],
    ['`receipts`', { url, vaultKey, receipts: -1 }],
  ])('is told: %s in %j', (what, options) => {
    expect(mistakesIn(options)).toContain(what);
    expect(mistakesIn(options)).not.toContain(';');
  });

  it('is told with all others at once', () => {
    const all = mistakesIn({ receipts: 0.5, patienceMs: -1, caFile: '/nowhere' });
    for (const what of ['`url`', '`vaultKey`', '`caFile`', '`patienceMs`', '`receipts`']) expect(all).toContain(what);
  });

  it('is told without what was given', () => {
    expect(mistakesIn({ url: 'nats://billing:password@x', vaultKey: 'kt_token' })).not.toMatch(/password|kt_token/);
  });
});

describe('the README', () => {
  const readme = fs.readFileSync(path.join(import.meta.dirname, '../README.md'), 'utf8');
  /** Does not compile where an option is missing here, or is none. */
  const elseOf = {
    url: '`KEYTRAIL_NATS_URL`',
    vaultKey: '`KEYTRAIL_VAULT_KEY`',
    credential: 'see below',
    caFile: '`KEYTRAIL_NATS_CA_FILE`',
    name: '-',
    patienceMs: '-',
    receipts: '-',
    coalesce: '-',
    retries: '-',
  } satisfies Readonly<Record<keyof ConnectOptions, string>>;

  it('has a row for each option, with what is taken in its place', () => {
    const rows = readme.split('\n').flatMap((line) => {
      const [, option, instead] = line.split('|').map((cell) => cell.trim());
      return option?.startsWith('`') ? [[option.replaceAll('`', ''), instead]] : [];
    });
    expect(Object.fromEntries(rows)).toEqual(elseOf);
  });

  it('names every place of a credential, in their order', () => {
    const places = ['`{ token }`', '`{ tokenFile }`', 'KEYTRAIL_TOKEN,', 'KEYTRAIL_TOKEN_FILE', KUBERNETES_TOKEN_FILE];
    const found = places.map((place) => readme.indexOf(place));
    expect(found).not.toContain(-1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });
});

it('options that are none do not compile', () => {
  // @ts-expect-error: a credential is told as what it is
  const bare: ConnectOptions = { credential: 'kt_token' };
  // @ts-expect-error: there are no seeds any more
  const seed: ConnectOptions = { seed: 'SU' };
  // @ts-expect-error: options are not changed once they are told
  const change = (options: ConnectOptions) => void (options.url = '');
  expect([bare, seed, change]).toHaveLength(3);
});
