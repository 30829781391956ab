/** What the API says of trying a policy out: on what has happened, before it decides on what will. */
import { WhatIfRequest, WorkspaceSlug } from '@keytrail/contracts';
import { z } from 'zod';
import { LINES_TYPE, route } from '../http/route-declaration.js';
import { WORKSPACE } from '../story.js';
import { harsherSource, POLICY, whatIfChange, whatIfSummary } from './access.story.js';

/** JSON Schema 2020-12 has a place for what stands in a text, and none for its lines. */
const Lines = z.string().meta({
  description: 'Lines, each a JSON text: the changes as they are found, then one summary, or one problem',
  contentMediaType: LINES_TYPE,
  contentSchema: { $ref: '#/components/schemas/WhatIfLine' },
});

export const whatIf = route({
  id: 'whatIf',
  method: 'POST',
  path: '/api/v1/access/what-if',
  tag: 'Access',
  summary: 'Tell which accesses of the last days would be decided differently by another policy; nothing changes',
  body: WhatIfRequest.omit({ cursor: true }).extend({ workspace: WorkspaceSlug }),
  answer: Lines,
  contentType: LINES_TYPE,
  codes: ['workspace.not_found', 'policy.invalid', 'journal.unavailable'],
  examples: {
    harsher: {
      summary: 'A policy in the place of the one that is in force',
      body: { workspace: WORKSPACE, name: POLICY, source: harsherSource, days: 30 },
      answer: [{ change: whatIfChange }, { summary: whatIfSummary }]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    },
    noName: {
      summary: 'A policy whose name is none',
      body: { workspace: WORKSPACE, name: 'No nights!', source: harsherSource },
      refusal: {
        code: 'request.malformed',
        detail: 'name is not the name of a policy: 1 to 48 of a-z, 0-9 and hyphens',
      },
    },
  },
});
