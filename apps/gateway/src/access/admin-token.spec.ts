/** Who the administrator is. */
import { mintApiToken } from '@keytrail/crypto';
import { describe, expect, it } from '@jest/globals';
import { adminToken } from './admin-token.js';

const { token, sha256Hex } = mintApiToken();

describe('the administrator', () => {
  it('is whoever presents the token, on behalf of nobody', async () => {
    expect(await adminToken(sha256Hex).authenticate(token)).toEqual({});
  });

  it.each([
    ['nothing', ''],
    ['the digest of the token', sha256Hex],
    ['a part of the token', token.slice(1)],
    ['more than the token', `${token}0`],
    ["somebody else's token", mintApiToken().token],
  ])('is not who presents %s', async (_what, other) => {
    expect(await adminToken(sha256Hex).authenticate(other)).toBeNull();
  });
});
