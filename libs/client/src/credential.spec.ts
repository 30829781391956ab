/** Credentials: which of those that are there, in which form to whom, and what is said where there is none. */
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectSecretOf, mintApiToken } from '@keytrail/crypto';
import { type TemporaryFolder, temporaryFolder } from '@keytrail/testing';
import { credentialReader } from './credential.js';
import { KeytrailError } from './keytrail-error.js';

const { token } = mintApiToken();
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiaWxsaW5nIn0.c2lnbmF0dXJl-_';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

let files = 0;
const fileWith = (text: string): string => {
  const file = path.join(folder.path, String(files++));
  fs.writeFileSync(file, text);
  return file;
};

const failureOf = (read: () => unknown): KeytrailError => {
  try {
    read();
  } catch (error) {
    if (error instanceof KeytrailError) return error;
    throw error;
  }
  throw new Error('it was read');
};

describe('of several credentials', () => {
  const [option, optionFile, variable, variableFile, kubernetes] = Array.from(
    { length: 5 },
    () => mintApiToken().token,
  );
  const everywhere = () => ({ KEYTRAIL_TOKEN: variable, KEYTRAIL_TOKEN_FILE: fileWith(variableFile!) });
  const inKubernetes = () => fileWith(kubernetes!);

  it.each([
    ['the option', option, () => credentialReader({ token: option! }, everywhere(), inKubernetes())],
    [
      'the file of the option',
      optionFile,
      () => credentialReader({ tokenFile: fileWith(optionFile!) }, everywhere(), inKubernetes()),
    ],
    ['KEYTRAIL_TOKEN', variable, () => credentialReader(undefined, everywhere(), inKubernetes())],
    [
      'KEYTRAIL_TOKEN_FILE',
      variableFile,
      () => credentialReader(undefined, { ...everywhere(), KEYTRAIL_TOKEN: undefined }, inKubernetes()),
    ],
    ['what Kubernetes projects', kubernetes, () => credentialReader(undefined, {}, inKubernetes())],
  ])('%s comes before all below it', (_what, expected, reader) => {
    expect(reader()().toVault).toEqual({ type: 'api_token', token: expected });
  });

  it('a variable that is empty is none', () => {
    const env = { KEYTRAIL_TOKEN: '', KEYTRAIL_TOKEN_FILE: '' };
    expect(credentialReader(undefined, env, inKubernetes())().toVault).toMatchObject({ token: kubernetes });
  });
});

describe('a credential', () => {
  it('that is an API token is shown to the vault, and to the bus only what is derived from it', () => {
    expect(credentialReader({ token }, {})()).toEqual({
      toVault: { type: 'api_token', token },
      toBus: connectSecretOf(token),
    });
  });

  it('that is a JWT is shown to both', () => {
    expect(credentialReader({ token: jwt }, {})()).toEqual({ toVault: { type: 'jwt', token: jwt }, toBus: jwt });
  });

  it.each([token, jwt])('may have white space around it', (text) => {
    expect(credentialReader({ token: ` ${text}\n` }, {})()).toEqual(credentialReader({ token: text }, {})());
  });

  it('in a file is read anew each time', () => {
    const file = fileWith(`${token}\n`);
    const read = credentialReader({ tokenFile: file }, {});
    expect(read().toVault).toMatchObject({ token });
    fs.writeFileSync(file, jwt);
    expect(read().toVault).toEqual({ type: 'jwt', token: jwt });
  });
});

describe('what is no credential', () => {
  it.each([
    ['a token that was cut short', token.slice(0, -1)],
    ['a token with one character changed', `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`],
    ['two tokens', `${token}\n${token}`],
    ['what the bus is shown of a token', connectSecretOf(token) as string],
    ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.e30.'],
    ['a JWT with a quote about it', `"${jwt}"`],
  ])('is shown to nobody and quoted nowhere: %s', (_what, text) => {
    const failure = failureOf(credentialReader({ token: text }, {}));
    expect(failure).toMatchObject({ code: 'auth.invalid', retryable: false });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(text.slice(0, 30));
  });

  it.each([
    ['an option that is empty', () => credentialReader({ token: ' \n' }, {}), '`credential.token`'],
    ['an empty file', () => credentialReader({ tokenFile: fileWith('\n') }, {}), '`credential.tokenFile`'],
    ['no file', () => credentialReader(undefined, { KEYTRAIL_TOKEN_FILE: '/nowhere' }), 'KEYTRAIL_TOKEN_FILE'],
    ['nothing at all', () => credentialReader(undefined, {}, '/nowhere'), '/var/run/secrets/keytrail/token'],
  ])('is missing, and the message says where: %s', (_what, reader, place) => {
    const failure = failureOf(reader());
    expect(failure).toMatchObject({ code: 'auth.missing', retryable: false });
    expect(failure.message).toContain(place);
  });

  it('is not quoted where it stands in the place of a path', () => {
    const failure = failureOf(credentialReader({ tokenFile: token }, {}));
    expect(inspect(failure, { depth: 9, showHidden: true }) + JSON.stringify(failure)).not.toContain(token);
  });
});
