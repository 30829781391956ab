/** What must not leave the process, in whatever text it stands; every key here is made while the test runs. */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { KEY_PATTERNS } from '@keytrail/contracts';
import { connectSecretOf, mintApiToken } from '@keytrail/crypto';
import { mintIdentity } from '@keytrail/nats';
import { canarySecret } from '@keytrail/testing';
import fc from 'fast-check';
import { redact } from './redaction.js';

/** What the providers issue: the prefix that may be shown, and what must not. */
const ISSUED: Readonly<Record<string, readonly [prefix: string, secret: RegExp]>> = {
  'OpenAI, project': ['sk-proj-', /^[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}$/],
  'OpenAI, service account': ['sk-svcacct-', /^[A-Za-z0-9_-]{58}T3BlbkFJ[A-Za-z0-9_-]{58}$/],
  'OpenAI, administrator': ['sk-admin-', /^[A-Za-z0-9_-]{74}T3BlbkFJ[A-Za-z0-9_-]{74}$/],
  'OpenAI, of old': ['sk-', /^[a-zA-Z0-9]{20}T3BlbkFJ[a-zA-Z0-9]{20}$/],
  Anthropic: ['sk-ant-api03-', /^[A-Za-z0-9_-]{93}AA$/],
  'Anthropic, administrator': ['sk-ant-admin01-', /^[A-Za-z0-9_-]{93}AA$/],
  'Anthropic, OAuth': ['sk-ant-oat01-', /^[A-Za-z0-9_-]{40}$/],
  Groq: ['gsk_', /^[a-zA-Z0-9]{52}$/],
  xAI: ['xai-', /^[0-9a-zA-Z_]{80}$/],
  OpenRouter: ['sk-or-v1-', /^[0-9a-f]{64}$/],
  Perplexity: ['pplx-', /^[a-zA-Z0-9]{48}$/],
  'Hugging Face': ['hf_', /^[a-zA-Z]{34}$/],
  Google: ['AIza', /^[A-Za-z0-9_-]{35}$/],
  Replicate: ['r8_', /^[0-9A-Za-z_-]{37}$/],
  ElevenLabs: ['sk_', /^[a-f0-9]{48}$/],
  DeepSeek: ['sk-', /^[a-z0-9]{32}$/],
  'Langfuse, secret': ['sk-lf-', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  LangSmith: ['lsv2_pt_', /^[a-f0-9]{32}_[a-f0-9]{10}$/],
  Supabase: ['sbp_', /^[a-z0-9]{40}$/],
  AWS: ['AKIA', /^[A-Z2-7]{16}$/],
  GitHub: ['ghp_', /^[0-9a-zA-Z]{36}$/],
  'GitHub, fine-grained': ['github_pat_', /^[A-Za-z0-9_]{82}$/],
  Stripe: ['sk_live_', /^[a-zA-Z0-9]{24}$/],
  'Stripe, restricted': ['rk_test_', /^[a-zA-Z0-9]{24}$/],
  Slack: ['xoxb-', /^[0-9]{12}-[0-9]{12}-[a-zA-Z0-9]{24}$/],
  Vault: ['hvs.', /^[A-Za-z0-9_-]{95}$/],
  'Vault, batch': ['hvb.', /^[A-Za-z0-9_-]{140}$/],
  Pulumi: ['pul-', /^[a-f0-9]{40}$/],
  Doppler: ['dp.pt.', /^[a-z0-9]{43}$/],
  nkey: ['SU', /^[A-Z2-7]{56}$/],
  'our own token': ['kt_0123456789ab_', /^[A-Za-z0-9]{49}$/],
  'a bearer token': ['Bearer ', /^[A-Za-z0-9_-]{20,40}\.[A-Za-z0-9_-]{20,40}\.[A-Za-z0-9_-]{43}$/],
  'basic authentication': ['Basic ', /^[A-Za-z0-9+/]{20,40}={0,2}$/],
  'a JWT': ['eyJ', /^[A-Za-z0-9_-]{30}\.[A-Za-z0-9_-]{30}\.[A-Za-z0-9_-]{43}$/],
  'OpenAI, cut off': ['sk-proj-', /^[a-z]{3}[0-9]{3}[a-z]{3}[0-9]{3}$/],
  'the password in a URL': ['postgresql://keytrail_vault_service:', /^(?:[A-Za-z0-9]|%[0-9A-F]{2}){12,40}$/],
};

const text = fc.string({ unit: 'grapheme', maxLength: 40 });

describe.each(Object.entries(ISSUED))('a key of %s', (_provider, [prefix, shape]) => {
  const secret = fc.stringMatching(shape);

  it('is cut down to its prefix wherever it stands, in text and in JSON, which stays JSON', () => {
    fc.assert(
      fc.property(text, secret, text, (before, value, after) => {
        const said = `${before}${prefix}${value} ${after}`;
        const line = JSON.stringify({ message: said, nested: JSON.stringify({ said }), next: after });
        expect(redact(said)).not.toContain(value);
        expect(redact(line)).not.toContain(value);
        expect(JSON.parse(redact(line))).toHaveProperty('nested');
      }),
    );
  });

  it('is cut down beside others of its kind too', () => {
    // Behind a letter, `Bearer` is no word.
    const separator = fc.constantFrom(...(prefix.endsWith(' ') ? [] : ['', '-']), ' ', ',', '","');
    fc.assert(
      fc.property(secret, secret, separator, (one, other, between) => {
        const redacted = redact(`${prefix}${one}${between}${prefix}${other}`);
        expect(redacted).not.toContain(one);
        expect(redacted).not.toContain(other);
      }),
    );
  });

  it('is shown by its prefix', () => {
    const [value = ''] = fc.sample(secret, { numRuns: 1, seed: 1 });
    expect(redact(`the key ${prefix}${value}`)).toBe(`the key ${prefix}...[REDACTED]`);
  });
});

describe('what the other rooms make', () => {
  it.each([
    ['canaries', () => canarySecret('openai', 'log'), /^sk-proj-\.\.\.\[REDACTED\]$/],
    ['identities', () => mintIdentity('vault').seed, /^SU\.\.\.\[REDACTED\]$/],
    ['tokens', () => mintApiToken().token, /^kt_[a-z0-9]{12}_\.\.\.\[REDACTED\]$/],
    ['connect secrets', () => connectSecretOf(mintApiToken().token) ?? '', /^ktc_[a-z0-9]{12}_\.\.\.\[REDACTED\]$/],
  ])('is known: %s', (_what, make, redacted) => {
    expect(redact(make())).toMatch(redacted);
  });

  it('is known: a private key in PEM, whole or cut off, as text and as JSON', () => {
    const [first, last] = [canarySecret('groq', 'first line'), canarySecret('groq', 'last line')].map((key) =>
      key.slice(4),
    );
    const pem = ['-----BEGIN PRIVATE KEY-----', first, last, '-----END PRIVATE KEY-----', ''].join('\n');
    const nested = JSON.stringify({ nested: JSON.stringify({ pem }), after: 1 });
    for (const leak of [pem, pem.slice(0, -40), JSON.stringify({ pem, after: 1 }), nested]) {
      expect(redact(leak)).not.toContain(first);
      expect(redact(leak)).not.toContain(last?.slice(0, 20));
    }
    expect(JSON.parse(redact(nested))).toHaveProperty('after', 1);
    expect(JSON.parse(redact(JSON.stringify({ pem, after: 1 })))).toEqual({
      pem: '-----BEGIN PRIVATE KEY-----...[REDACTED]',
      after: 1,
    });
  });
});

describe('a text without a key', () => {
  const keywords = KEY_PATTERNS.flatMap((pattern) => pattern.keywords);
  const harmless = [...keywords, 'kt_', 'SU', 'bearer', 'Bearer ', 'PRIVATE KEY', '://', 'postgres://localhost:5432/x'];
  const almost = fc
    .array(fc.oneof(fc.constantFrom(...harmless), fc.stringMatching(/^[a-z0-9]{0,6}$/), text))
    .map((parts) => parts.join(' '));

  it('is left as it is, whatever it begins like', () => {
    fc.assert(
      fc.property(almost, (said) => {
        expect(redact(said)).toBe(said);
      }),
    );
  });

  it.each([
    'send Authorization: Bearer <token>',
    'the bearer token is not valid',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'nats://127.0.0.1:4222',
    'http://localhost:8080/api/v1/secrets',
    'http://[::1]:8080/',
    'at file:///srv/keytrail/libs/service/dist/log.js:12:5',
    'tenant.acme.openai.prod of 01890a5d-ac96-774b-bcce-b302099a8057 failed in task-42',
    '{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","url":"http://localhost:4318","next":"x"}',
  ])('is left as it is: %s', (said) => {
    expect(redact(said)).toBe(said);
  });
});

describe('a hostile text', () => {
  const bytes = 1 << 20;
  const beginnings = [...KEY_PATTERNS.flatMap(({ keywords }) => keywords), 'a', 'S', 'SU', ':', '://', '://a:', 'kt_'];

  // Were any of these searched in more than linear time, this would not end.
  it.each([...beginnings, 'bearer ', '-----BEGIN ', '-----BEGIN PRIVATE KEY-----', '://u:\\', '\\'])(
    'of a megabyte of %j is dealt with, and the key behind it found',
    (beginning) => {
      const key = canarySecret('groq', 'behind');
      const redacted = redact(`${beginning.repeat(bytes / beginning.length)} "${key}"`);
      expect(redacted).not.toContain(key.slice(4));
      expect(redacted.endsWith('gsk_...[REDACTED]"') || beginning.includes('PRIVATE')).toBe(true);
    },
  );

  // V8 gives up optimising once a process has compiled many expressions: a match then keeps a step per character.
  it('that is one key of sixteen megabytes is cut down like any other, by an engine that does not optimise too', () => {
    const script = `
      import { redact } from ${JSON.stringify(pathToFileURL(`${import.meta.dirname}/../dist/redaction.js`))};
      for (const head of ['sk-proj-', 'postgres://u:', '-----BEGIN PRIVATE KEY-----', 'Authorization: Bearer ']) {
        console.log(redact(head + 'a'.repeat(16 * ${String(bytes)})));
      }`;
    const args = ['--no-regexp-optimization', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' }).split('\n')).toEqual([
      'sk-proj-...[REDACTED]',
      'postgres://u:...[REDACTED]',
      '-----BEGIN PRIVATE KEY-----...[REDACTED]',
      'Authorization: Bearer ...[REDACTED]',
      '',
    ]);
  });

  it('of many keys and of one longer than is searched at once keeps what stands between them', () => {
    const [long, next] = ['a'.repeat(3 * 4096 + 1), canarySecret('groq', 'next')];
    expect(redact(`a sk-proj-${long} b ${next}, "postgres://u:${long}" c`)).toBe(
      'a sk-proj-...[REDACTED] b gsk_...[REDACTED], "postgres://u:...[REDACTED]" c',
    );
  });
});
