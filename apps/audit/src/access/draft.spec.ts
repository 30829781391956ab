/** Which drafts are fit to be tried. */
import { expect, it } from '@jest/globals';
import { Workspace } from '@keytrail/contracts';
import { forbidWhen } from './access.fixture.js';
import { Drafts } from './draft.js';

const [acme, globex] = ['acme', 'globex'].map((slug) => Workspace.parse(slug)) as [Workspace, Workspace];
const OF_ACME = forbidWhen('resource in Keytrail::Workspace::"acme"');

it('a draft that is fit in one workspace is not for that reason fit in another', async () => {
  const drafts = new Drafts();
  expect(await drafts.issuesIn(OF_ACME, acme)).toEqual([]);
  expect(await drafts.issuesIn(OF_ACME, globex)).toMatchObject([{ path: 'source.0' }]);
  expect(await drafts.issuesIn(OF_ACME, acme)).toEqual([]);
});

it('a draft that is not fit is not fit when it is tried again', async () => {
  const drafts = new Drafts();
  for (let i = 0; i < 2; i++) expect(await drafts.issuesIn('let me in', acme)).toMatchObject([{ path: 'source' }]);
});
