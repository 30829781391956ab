/** What the keys of known providers look like, for whoever must find one in a text: the log guard, leak scans. */

/**
 * A key begins with `prefix` and `secret`, both sources of regular expressions without groups that capture; letters,
 * digits and `_.-` that follow belong to it. The shapes are those that gitleaks and trufflehog search for; where the
 * prefix says enough, less is asked for than is issued, because providers lengthen their keys and texts are cut off.
 */
export interface KeyPattern {
  readonly provider: string;
  /** A text that holds none of these holds no such key. */
  readonly keywords: readonly string[];
  /** What may be shown of a key. */
  readonly prefix: string;
  readonly secret: string;
}

/** In the order in which they must be tried: of two that begin alike, the one with the longer prefix stands first. */
export const KEY_PATTERNS: readonly KeyPattern[] = [
  { provider: 'anthropic', keywords: ['sk-ant-'], prefix: 'sk-ant-(?:[a-z]{3,5}[0-9]{2}-)?', secret: '[\\w-]{8}' },
  { provider: 'openrouter', keywords: ['sk-or-'], prefix: 'sk-or-v1-', secret: '[0-9a-f]{20}' },
  { provider: 'langfuse', keywords: ['k-lf-'], prefix: '[sp]k-lf-', secret: '[0-9a-f-]{20}' },
  { provider: 'openai', keywords: ['sk-'], prefix: 'sk-(?:proj|svcacct|service|admin)-', secret: '[\\w-]{8}' },
  { provider: 'openai or deepseek', keywords: ['sk-'], prefix: 'sk-', secret: '[A-Za-z0-9]{20}' },
  { provider: 'stripe', keywords: ['k_'], prefix: '[sr]k_(?:test|live|prod)_', secret: '[A-Za-z0-9]{10}' },
  { provider: 'elevenlabs', keywords: ['sk_'], prefix: 'sk_', secret: '[0-9a-f]{20}' },
  { provider: 'groq', keywords: ['gsk_'], prefix: 'gsk_', secret: '[A-Za-z0-9]{20}' },
  { provider: 'xai', keywords: ['xai-'], prefix: 'xai-', secret: '\\w{20}' },
  { provider: 'perplexity', keywords: ['pplx-'], prefix: 'pplx-', secret: '[A-Za-z0-9]{20}' },
  { provider: 'huggingface', keywords: ['hf_'], prefix: 'hf_', secret: '[A-Za-z0-9]{20}' },
  { provider: 'google', keywords: ['AIza'], prefix: 'AIza', secret: '[\\w-]{30}' },
  { provider: 'replicate', keywords: ['r8_'], prefix: 'r8_', secret: '[\\w-]{37}' },
  { provider: 'langsmith', keywords: ['lsv2_'], prefix: 'lsv2_(?:pt|sk)_', secret: '[0-9a-f_]{20}' },
  { provider: 'supabase', keywords: ['sbp_'], prefix: 'sbp_', secret: '[a-z0-9]{20}' },
  {
    provider: 'aws',
    keywords: ['A3T', 'AKIA', 'ASIA', 'ABIA', 'ACCA'],
    prefix: '(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)',
    secret: '[A-Z2-7]{16}',
  },
  { provider: 'github', keywords: ['gh'], prefix: 'gh[pousr]_', secret: '[0-9A-Za-z]{20}' },
  { provider: 'github', keywords: ['github_pat_'], prefix: 'github_pat_', secret: '\\w{20}' },
  { provider: 'slack', keywords: ['xox'], prefix: 'xox[a-z]-', secret: '[\\w-]{10}' },
  { provider: 'vault', keywords: ['hvs.', 'hvb.'], prefix: 'hv[sb]\\.', secret: '[\\w-]{20}' },
  { provider: 'pulumi', keywords: ['pul-'], prefix: 'pul-', secret: '[0-9a-f]{20}' },
  { provider: 'doppler', keywords: ['dp.pt.'], prefix: 'dp\\.pt\\.', secret: '[0-9A-Za-z]{20}' },
];
